"""Who gets which variation of an experiment, as GrowthBook's SDKs compute it."""


def fnv(text):
    """FNV-1a over UTF-16 code units, as JavaScript sees a string."""
    units = text.encode("utf-16-le")
    value = 2166136261
    for i in range(0, len(units), 2):
        value = (value ^ int.from_bytes(units[i:i + 2], "little")) * 16777619 % 2**32
    return value


def bucket(seed, value):
    """GrowthBook's hash, version 2."""
    return fnv(str(fnv(seed + value))) % 10000 / 10000
