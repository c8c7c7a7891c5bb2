"""Photographs nobody took: scenes with the smooth tones, soft shadows and grain of one, from numbers alone."""

import numpy as np
from PIL import Image


def noise(width, height, seed, octaves=6, first=3):
    """Fractal noise from 0 to 1."""
    random = np.random.RandomState(seed)
    total, weight = np.zeros((height, width)), 0.0
    for octave in range(octaves):
        cells = first * 2**octave
        grid = random.rand(max(2, cells * height // width + 2), cells + 2).astype(np.float32)
        total += np.asarray(Image.fromarray(grid).resize((width, height), Image.BICUBIC)) / 1.8**octave
        weight += 1 / 1.8**octave
    total /= weight
    return (total - total.min()) / (total.max() - total.min())


def image(channels, seed, grain=3.0):
    """Channels from 0 to 1 as a picture with grain."""
    random = np.random.RandomState(seed)
    pels = np.stack(channels, axis=-1) * 255
    pels += random.normal(0, grain, pels.shape[:2])[..., None]
    return Image.fromarray(np.clip(pels, 0, 255).astype(np.uint8), "RGB")


def landscape(width, height):
    """Sky, clouds, three ranges of hills, water with light on it."""
    y = np.linspace(0, 1, height)[:, None] * np.ones((1, width))
    clouds = np.clip(noise(width, height, 1) * 2 - 0.9, 0, 1)
    tone = 0.55 + 0.35 * y + 0.25 * clouds
    warm = 0.9 * tone + 0.1
    for number, (base, dark) in enumerate(((0.55, 0.5), (0.63, 0.36), (0.72, 0.2))):
        ridge = base - 0.14 * noise(width, 4, 20 + number, 7)[0]
        shade = dark + 0.12 * noise(width, height, 30 + number, 7)
        hill = y > ridge[None, :]
        tone, warm = np.where(hill, shade, tone), np.where(hill, shade * 0.95, warm)
    ripples = 0.35 + 0.3 * noise(width, height, 40, 7)[:, ::-1] * (y - 0.6)
    water = y > 0.8
    return image((np.where(water, ripples * 0.8, warm), np.where(water, ripples, tone), np.where(water, ripples * 1.3, tone * 1.05)), 2)


def still_life(width, height):
    """Balls on a table, lit from the left."""
    x, y = np.meshgrid(np.arange(width) / height, np.arange(height) / height)
    table = 0.45 + 0.2 * noise(width, height, 5, 7, 6) * (y > 0.45) - 0.25 * (y < 0.45) * (1 - y)
    channels = [table * 1.1, table * 0.95, table * 0.8]
    wide = width / height
    for cx, cy, radius, colour in ((0.25, 0.5, 0.24, (0.9, 0.35, 0.25)), (0.52, 0.62, 0.2, (0.9, 0.8, 0.3)), (0.8, 0.55, 0.27, (0.4, 0.7, 0.45))):
        cx *= wide
        shadow = np.exp(-(((x - cx - radius * 0.7) / (radius * 1.2)) ** 2 + ((y - cy - radius * 0.9) / (radius * 0.35)) ** 2))
        channels = [channel * (1 - 0.6 * shadow) for channel in channels]
        dx, dy = (x - cx) / radius, (y - cy) / radius
        inside = dx**2 + dy**2 < 1
        depth = np.sqrt(np.clip(1 - dx**2 - dy**2, 0, 1))
        light = np.clip(-0.5 * dx - 0.55 * dy + 0.65 * depth, 0, 1)
        shine = light**24
        channels = [np.where(inside, (0.12 + 0.8 * light) * part + 0.5 * shine, channel) for channel, part in zip(channels, colour)]
    return image([np.clip(channel, 0, 1) for channel in channels], 6)


def clouds(width, height):
    """Grey clouds: every tone, no edge."""
    tone = 0.15 + 0.75 * noise(width, height, 9, 7, 2)
    return image((tone, tone, tone), 10)
