"""What visitors tell, members, charity, pets."""

from harness.tactics import home, in_days, is_known, later, order, product, tactic, there_is, told

TACTICS = [
    tactic("size_that_was_told", """
        personalize_collect feet { field size in 36 37 38; keep 1y; }
        personalize_campaign size { slot bar; when answers.size exists; widget hello-bar;
            set text "New in {{answers.size}}"; }
    """, {
        "nothing told": [home, None],
        "told": [told("size=37"), home, "size: New in 37"],
        "told anew": [told("size=37"), told("size=38"), home, "size: New in 38"],
        "taken back": [told("size=37"), told("size="), home, None],
        "in another visit": [home, told("size=36"), later(30), home, "size: New in 36"],
    }),
    tactic("pets_and_their_food", """
        personalize_collect family { field pet has cat dog; }
        personalize_campaign both { slot bar; priority 2; when answers.pet has cat dog; widget hello-bar;
            set text "Cat and dog in peace"; }
        personalize_campaign dog { slot bar; when answers.pet has dog; widget hello-bar; set text "For dogs"; }
    """, {
        "a cat": [told("pet=cat"), home, None],
        "a dog": [told("pet=dog"), home, "dog"],
        "both": [told("pet=dog&pet=cat"), home, "both"],
    }),
    tactic("charity_of_the_visitor", """
        personalize_collect giving { field cause in trees books; }
        personalize_value gives { "plants a tree" when answers.cause = trees; "buys a book" when answers.cause = books; }
        personalize_campaign thanks { slot main; when page.type = order; when value.gives exists;
            content '<p data-pz-campaign="thanks">Your order {{value.gives}}</p>'; }
        personalize_campaign choose { slot main; when page.type = order; unless answers.cause exists;
            content '<p data-pz-campaign="choose">Choose what 1 % is given for</p>'; }
    """, {
        "not chosen": [order("1"), "choose"],
        "trees": [told("cause=trees"), order("1"), "thanks: Your order plants a tree"],
        "not an order": [told("cause=trees"), home, None],
    }),
    tactic("birthday_that_was_told", """
        personalize_collect born { field birthday date; }
        personalize_campaign gift { slot bar; when answers.birthday anniversary_within 7d; widget hello-bar;
            set text "A gift for your birthday"; }
    """, {
        "today": [told(in_days(0, "birthday=1992-%m-%d")), home, "gift"],
        "in a month": [told(in_days(30, "birthday=%Y-%m-%d")), home, None],
        "not told": [home, None],
    }),
    tactic("points_to_the_next_level", """
        personalize_value to_go { default "${profile.next_level | minus profile.points}"; }
        personalize_campaign near { slot bar; when value.to_go between 1 100; widget hello-bar;
            set text "{{value.to_go}} {{value.to_go | plural one='point' other='points'}} to go"; }
    """, {
        "far": [is_known(points=10, next_level=500), home, None],
        "one": [is_known(points=499, next_level=500), home, "near: 1 point to go"],
        "near": [is_known(points="420", next_level=500), home, "near: 80 points to go"],
        "there": [is_known(points=500, next_level=500), home, None],
        "no member": [home, None],
    }),
    tactic("members_see_their_name", """
        personalize_campaign hello { slot bar; when profile.name exists;
            content '<p data-pz-campaign="hello">Hello {{profile.name}}{{#profile.company}} of {{profile.company}}{{/profile.company}}</p>'; }
    """, {
        "nobody": [home, None],
        "a member": [is_known(name="Ann"), home, "hello: Hello Ann"],
        "of a company": [is_known(name="Ann", company="Acme"), home, "hello: Hello Ann of Acme"],
        "hostile": [is_known(name="<img src=x onerror=alert(1)>"), home, "hello: Hello <img src=x onerror=alert(1)>"],
        "a number": [is_known(name=7), home, "hello: Hello 7"],
    }),
    tactic("asks_once_for_the_size", """
        personalize_collect hands { field gloves in S M L; }
        personalize_campaign ask { slot body-end; when session.top_category = Gloves; unless answers.gloves exists;
            widget popup; set title "Your size?"; set question "Which gloves fit?"; set answers "S|M|L"; }
    """, {
        "looks at hats": [product("a", "Hats"), home, None],
        "looks at gloves": [product("a", "Gloves"), home, "ask: S M L"],
        "has told": [told("gloves=M"), product("a", "Gloves"), home, None],
    }),
    tactic("crm_before_the_site", """
        personalize_campaign size { slot bar; when customer.size exists; widget hello-bar;
            set text "Size {{customer.size}}, {{customer.name | default '?'}}"; }
    """, {
        "nobody": [home, None],
        "the site alone": [there_is("site:ID", {"size": 38}), home, "size: Size 38, ?"],
        "both": [there_is("site:ID", {"size": 38, "name": "A."}), there_is("books:ID", {"size": 40, "name": ""}),
                 home, "size: Size 40, A."],
    }, http="""personalize_source books "key=books:${visitor.id}";
               personalize_source site  "key=site:${visitor.id}" fields=size,name;
               personalize_source customer merge=books,site;"""),
]
