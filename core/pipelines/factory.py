"""The senses that a station has: what was taught decides, and what is named for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.journal.event_log import EventLog
from core.pipelines.base import Changed
from core.pipelines.image import ImagePipeline
from core.recipes.recipe import Recipe
from core.sources.camera.base import PictureSource
from core.sources.microphone.base import SoundSource

if TYPE_CHECKING:
    from core.pipelines.sound import SoundPipeline


def make_senses(
    recipe: Recipe,
    log: EventLog,
    changed: Changed,
    exchanged: Callable[[], None],
    camera: str | PictureSource | None,
    microphone: str | SoundSource | None,
) -> tuple[ImagePipeline | None, SoundPipeline | None]:
    """`camera` and `microphone` are addresses, or sources, that take the place of the recipe's.

    Raises GoodpartError where an address means nothing.
    """
    settings = recipe.settings
    senses = recipe.perceived(camera is not None, microphone is not None)
    sight: ImagePipeline | None = None
    hearing: SoundPipeline | None = None
    if "image" in senses:
        address = camera if isinstance(camera, str) else settings.camera.source
        sight = ImagePipeline(recipe, log, changed, exchanged, address, None if isinstance(camera, str) else camera)
    if "sound" in senses:
        # Only who listens waits for the sound libraries.
        from core.pipelines.sound import SoundPipeline

        address = microphone if isinstance(microphone, str) else settings.microphone.source
        source = None if isinstance(microphone, str) else microphone
        hearing = SoundPipeline(recipe, log, changed, address, source)
    return sight, hearing
