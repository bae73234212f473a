"""The pipelines that a station has: one per sense that was taught, or that a device was named for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.pipelines.base import Pipeline, PipelinePorts
from core.pipelines.image import ImagePipeline
from core.pipelines.steps import ThreadedSteps
from core.recipes.recipe import Recipe
from core.sources.camera.base import CameraSettings, PictureSource
from core.sources.camera_address import open_source, shows_stills
from core.sources.microphone.base import SoundSettings, SoundSource
from core.state.verdict import Sense

if TYPE_CHECKING:
    from core.pipelines.sound import SoundPipeline


@dataclass(frozen=True)
class Pipelines:
    """At least one of both."""

    image: ImagePipeline | None
    sound: SoundPipeline | None

    def by_sense(self) -> dict[Sense, Pipeline[Any]]:
        found: list[Pipeline[Any] | None] = [self.image, self.sound]
        return {pipeline.sense: pipeline for pipeline in found if pipeline is not None}


PipelineFactory = Callable[[PipelinePorts], Pipelines]
"""Raises GoodpartError if the address of a device is invalid."""


def device_pipelines(camera: str | PictureSource | None, microphone: str | SoundSource | None) -> PipelineFactory:
    """Pipelines with devices. `camera` and `microphone` are addresses, or sources, that take the place of the
    recipe's; without them the recipe's devices are used for the senses that were taught."""

    def make(ports: PipelinePorts) -> Pipelines:
        senses = ports.recipe.perceived(camera is not None, microphone is not None)
        return Pipelines(
            _image_pipeline(ports, camera) if "image" in senses else None,
            _sound_pipeline(ports, microphone) if "sound" in senses else None,
        )

    return make


def _image_pipeline(ports: PipelinePorts, camera: str | PictureSource | None) -> ImagePipeline:
    steps = ThreadedSteps("image", ports.clock, ports.tape)
    if camera is not None and not isinstance(camera, str):
        return ImagePipeline(ports, steps, camera)
    address = ports.recipe.settings.camera.source if camera is None else camera
    stills = shows_stills(address)
    source = open_source(address, _camera_settings(ports.recipe, stills=stills))
    return ImagePipeline(ports, steps, source, stills=stills)


def _camera_settings(recipe: Recipe, *, stills: bool) -> CameraSettings:
    table = recipe.settings.camera
    # Every still picture is a part of its own, and none shall be missed because they come faster than are judged.
    fps = min(table.fps, recipe.settings.verdict.rate) if stills else table.fps
    return CameraSettings(table.width, table.height, fps, table.loop, table.seed)


def _sound_pipeline(ports: PipelinePorts, microphone: str | SoundSource | None) -> SoundPipeline:
    # Imported here so that only stations with a microphone load the sound libraries.
    from core.pipelines.sound import SoundPipeline
    from core.sources.microphone_address import open_microphone

    steps = ThreadedSteps("sound", ports.clock, ports.tape)
    if microphone is not None and not isinstance(microphone, str):
        return SoundPipeline(ports, steps, microphone)
    table = ports.recipe.settings.microphone
    address = table.source if microphone is None else microphone
    settings = SoundSettings(table.rate, table.channel, table.loop, table.fast, table.seed)
    return SoundPipeline(ports, steps, open_microphone(address, settings))
