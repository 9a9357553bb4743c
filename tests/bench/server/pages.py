"""Shop pages of a wanted size: ordinary ones with a tag and an attribute in about 43 bytes, and dense
ones with a tag in 20."""

import re

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Running shoes — Example Shop</title>
<link rel="stylesheet" href="/assets/shop.css">
<style>.card{display:grid;gap:.5rem}.card img{width:100%}@media(min-width:60em){.card{gap:1rem}}</style>
<script>window.shop={"currency":"EUR","cart":[],"flags":{"a":true,"b":false}};</script>
</head>
<body class="category page">
<header id="top"><nav aria-label="Main"><ul>
"""

ORDINARY_CARD = """<li class="card card--product" data-id="{i}" data-position="{n}"><a class="card__link" href="/p/{i}-runner">
<img class="card__image" src="/i/{i}.webp" alt="Runner {i}, from the side" width="320" height="320" loading="lazy">
<h3 class="card__title">Runner {i}</h3></a>
<p class="card__price price"><del>{old}.00</del> <b>{new}.95</b></p>
<p class="card__about" title="4.{r} of 5">A light shoe for long distances on dry paths &amp; roads, made of
recycled yarn, in ten sizes. The sole gives way where the foot rolls and holds where it pushes off; the
upper is knitted in one piece and dries overnight. Tested by runners of all weights over six hundred
kilometres, and mended for nothing within the first two years. <span class="stars" data-stars="{r}">({n})</span></p>
<button type="button" class="button button--primary" data-id="{i}">Add to cart</button></li>
"""

DENSE_CARD = """<li class="card" data-id="{i}"><a href="/p/{i}">
<img src="/i/{i}.webp" alt="" width="320" height="320">
<h3>Runner {i}</h3></a>
<p class="price"><del>{old}.00</del> <b>{new}.95</b></p>
<p class="about" title="4.{r} of 5">A light shoe for long distances on dry paths &amp; roads, made of
recycled yarn, in ten sizes. <span>({n})</span></p>
<button type="button">Add to cart</button></li>
"""

MIDDLE = """</ul></main>
<aside class="side"><h2>For you</h2>
"""

FOOT = """</aside>
<footer><p>Free returns within 100 days.</p>
<script>(function(){for(var i=0;i<9;i++){document.title.indexOf("<b>")<0&&i++}})()</script>
</footer>
</body>
</html>
"""

BAR = '<!--pz:hello-bar--><p class="bar">Free delivery from 50</p><!--/pz-->\n'
OFFER = '<section id="offer"><p>Today only: 5% off</p></section>\n'
RECOMMENDED = '<div data-pz-slot="recommended"><p>Bestsellers</p></div>\n'


def count(html):
    """(tags, attributes)"""
    return (len(re.findall(r"</?[a-z]", html)), len(re.findall(r'[a-z]="', html)))


def page(size, slots, card=ORDINARY_CARD):
    """A page of about `size` bytes, with the three places to fill or with none of them."""
    menu = "".join(f'<li><a href="/c/{i}">Category {i}</a></li>\n' for i in range(24))
    start = HEAD + menu + "</ul></nav></header>\n"
    start += BAR if slots else ""
    start += '<main><h1>Running shoes</h1>\n<ul class="grid">\n'
    end = MIDDLE + (RECOMMENDED if slots else "") + FOOT
    cards = []
    room = size - len(start) - len(end) - len(OFFER)
    while room > 0:
        i = len(cards)
        cards.append(card.format(i=i, old=i % 90 + 60, new=i % 90 + 30, r=i % 10, n=i * 7 % 400))
        room -= len(cards[-1])
    if slots:
        cards.insert(len(cards) // 2, OFFER)
    return start + "".join(cards) + end
