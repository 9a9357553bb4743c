"""What visitors like: categories, brands, colors, and what a model says of them."""

from harness.tactics import category, home, is_known, later, newcomer, order, product, tactic, there_is

SHOE = {"item_brand": "Acme"}

TACTICS = [
    tactic("three_shoes_of_a_brand", """
        personalize_segment fans {
            when session.top_brand exists;
            when session.item_views >= 3;
            when session.top_category = Shoes;
            when session.purchases = 0;
        }
        personalize_campaign brand { slot bar; when segment.fans;
            widget hello-bar; set text "Shoes of {{session.top_brand}}: try them on at home";
            set link "/b/{{session.top_brand}}"; }
    """, {
        "two": [product("a", "Shoes", **SHOE), product("b", "Shoes", **SHOE), home, None],
        "three": [product("a", "Shoes", **SHOE), product("b", "Shoes", **SHOE), product("c", "Shoes", **SHOE), home,
                  "brand: Shoes of Acme"],
        "three bags": [product("a", "Bags", **SHOE), product("b", "Bags", **SHOE), product("c", "Bags", **SHOE), home,
                       None],
        "a buyer": [product("a", "Shoes", **SHOE), product("b", "Shoes", **SHOE), product("c", "Shoes", **SHOE),
                    order("1"),
                    home, None],
    }),
    tactic("bestsellers_of_the_favourite_category", """
        personalize_campaign best { slot main; when session.top_category exists; widget recommendations;
            set title "Best in {{session.top_category}}"; set items "${best_of_category}"; }
    """, {
        "not known yet": [home, None],
        "known": [there_is("best:Lamps", [{"title": "Moon", "url": "/p/moon"}]), product("a", "Lamps"), home,
                  "best: Best in Lamps Moon"],
        "no list of it": [category("Toasters"), home, None],
    }, http='personalize_source best_of_category "key=best:${session.top_category}";'),
    tactic("favourite_color", """
        personalize_campaign in_color { slot bar; when session.top.item_variant exists;
            when session.distinct.item_variant <= 2;
            widget hello-bar; set text "All in {{session.top.item_variant}}";
            set link "/color/{{session.top.item_variant}}"; }
    """, {
        "no color": [product("a"), home, None],
        "red most": [product("a", item_variant="red"), product("b", item_variant="blue"),
                     product("c", item_variant="red"),
                     home, "in_color: All in red"],
        "all colors": [product("a", item_variant="red"), product("b", item_variant="blue"),
                       product("c", item_variant="green"),
                       home, None],
    }),
    tactic("among_the_two_best_of_the_model", """
        personalize_campaign shoes { slot main; when profile.affinity top 2 Shoes;
            content '<p data-pz-campaign="shoes">Shoes</p>'; }
    """, {
        "nobody knows": [home, None],
        "the best": [is_known(affinity={"Shoes": 5, "Bags": 1}), home, "shoes"],
        "the second": [is_known(affinity={"Shoes": 5, "Bags": 9, "Hats": 2}), home, "shoes"],
        "the third": [is_known(affinity={"Shoes": 5, "Bags": 9, "Hats": 7}), home, None],
        "scores as text": [is_known(affinity={"Shoes": "5", "Bags": "11", "Hats": "7"}), home, None],
    }),
    tactic("model_before_session", """
        personalize_value likes {
            "${profile.affinity.best}" when profile.affinity.best exists;
            "${session.top_category}"  when session.top_category exists;
            default everything;
        }
        personalize_campaign likes { slot bar; widget hello-bar; set text "New in {{value.likes}}"; }
    """, {
        "nobody knows": [newcomer, home, "likes: New in everything"],
        "the session": [category("Rugs"), home, "likes: New in Rugs"],
        "the model": [is_known(affinity={"Lamps": 3, "Rugs": 1}), category("Rugs"), home, "likes: New in Lamps"],
        "a list, best first": [is_known(affinity=["Chairs", "Lamps"]), home, "likes: New in Chairs"],
    }),
    tactic("brand_of_this_page_is_liked", """
        personalize_campaign liked { slot bar; when page.item_brand in "${profile.brands}";
            widget hello-bar; set text "New of {{page.item_brand}}, which you like"; }
    """, {
        "liked": [is_known(brands=["Acme", "Zen"]), product("a", item_brand="Zen"), "liked: New of Zen"],
        "not liked": [is_known(brands=["Acme"]), product("a", item_brand="Zen"), None],
        "nothing known": [product("a", item_brand="Zen"), None],
        "not said": [is_known(brands=["Acme"]), product("a"), None],
    }),
    tactic("bought_none_of_what_was_looked_at", """
        personalize_segment unsure {
            when session.viewed size >= 2;
            unless session.viewed.0 in "${session.purchased}";
            unless session.viewed.1 in "${session.purchased}";
        }
        personalize_campaign unsure { slot bar; when page.type = home; when segment.unsure;
            widget hello-bar; set text "Unsure? Send back what does not fit"; }
    """, {
        "looked": [product("a"), product("b"), home, "unsure"],
        "bought one of them": [product("a"), product("b"), order("1", items="a"), home, None],
        "bought something else": [product("a"), product("b"), order("1", items="z"), home, "unsure"],
    }),
    tactic("category_left_for_weeks", """
        personalize_campaign still { slot bar; when session.days_since_last_visit >= 14;
            when session.top_category exists;
            widget hello-bar; set text "{{session.top_category}}: what is new since you were here"; }
    """, {
        "days": [category("Rugs"), later(3), home, None],
        "weeks": [category("Rugs"), later(15), home, "still: Rugs: what is new"],
        "liked nothing": [home, later(15), home, None],
    }),
    tactic("one_category_only", """
        personalize_campaign wide { slot bar; when session.item_views >= 3; when session.distinct_categories < 1.5;
            widget hello-bar; set text "Have you seen our other rooms?"; }
    """, {
        "one": [product("a", "Rugs"), product("b", "Rugs"), product("c", "Rugs"), "wide"],
        "two": [product("a", "Rugs"), product("b", "Lamps"), product("c", "Rugs"), home, None],
    }),
    tactic("size_of_the_profile_in_key", """
        personalize_campaign in_size { slot main; widget recommendations; set title "In size {{profile.size}}";
            set items new_in_size; }
    """, {
        "no size": [home, None],
        "a size": [there_is("new:size:38", [{"title": "Boots", "url": "/p/boots"}]), is_known(size=38), home,
                   "in_size: In size 38 Boots"],
        "nothing in it": [is_known(size=49), home, None],
    }, http='personalize_source new_in_size "key=new:size:${profile.size}";'),
    tactic("disliked_brand_is_left_out", """
        personalize_recommend without {
            try "${profile.recommended}";
            unless item.brand in "${profile.disliked}";
        }
        personalize_campaign without { slot main; widget recommendations; set items recommend.without; }
    """, {
        "likes all": [is_known(recommended=[{"title": "One", "url": "/1", "brand": "A"},
                      {"title": "Two", "url": "/2", "brand": "B"}]),
                      home, "without: One … Two"],
        "dislikes one": [is_known(disliked=["A"], recommended=[{"title": "One", "url": "/1", "brand": "A"},
                                                              {"title": "Two", "url": "/2", "brand": "B"}]),
                         home, "without: Two"],
        "dislikes all": [is_known(disliked=["A"], recommended=[{"title": "One", "url": "/1", "brand": "A"}]), home,
                         None],
    }),
]
