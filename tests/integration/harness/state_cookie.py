"""The cookie `pz`, as it would be had everything in it happened earlier."""

import re


def base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def minutes_ago(cookie, minutes):
    """The cookie as it would be had all of it happened that much earlier."""
    def move(field):
        number = int(field.group(), 36)
        is_time = 20_000_000 < number < 60_000_000
        return base36(number - minutes) if is_time else field.group()

    head, *campaigns = cookie.split("~")
    # The first field of a campaign is its key, which may be any number.
    return "~".join([re.sub(r"\w+", move, head),
                     *(re.sub(r"(?<=\.)\w+", move, campaign) for campaign in campaigns)])
