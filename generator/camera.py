"""Camera movement of a clip. Pure numbers: no words and no pictures."""

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Motion:
    """Movement over a whole clip.

    `right` and `down` are in halves of the frame, `zoom` is the share of the frame that is lost (in) or gained (out,
    negative), `roll` is in radians clockwise, `orbit` is the sideways shift between the nearest and the farthest point,
    `shake` is the amplitude of a constant tremor.
    """

    right: float = 0.0
    down: float = 0.0
    zoom: float = 0.0
    roll: float = 0.0
    orbit: float = 0.0
    shake: float = 0.0

    def axes(self) -> dict[str, float]:
        """Axes with a movement."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def times(self, strength: float) -> "Motion":
        return Motion(**{axis: value * strength for axis, value in self.axes().items()})


@dataclass(frozen=True, slots=True)
class Pose:
    """Camera position at one moment, in the units of `Motion`.

    `reserve` is the margin that keeps a tremor (`jolt_x`, `jolt_y`) inside the picture.
    """

    right: float = 0.0
    down: float = 0.0
    zoom: float = 0.0
    roll: float = 0.0
    orbit: float = 0.0
    jolt_x: float = 0.0
    jolt_y: float = 0.0
    reserve: float = 0.0


def pose(motion: Motion, moment: float, seconds: float, *, returning: bool = False) -> Pose:
    """The camera at `moment` (0 first frame, 1 last). It starts on the untouched photo.

    Only a zoom out starts close and ends there. A `returning` camera is back at the photo's frame at the end.
    """
    if returning:
        way = math.sin(math.pi * moment) ** 2
        zoom = abs(motion.zoom) * way
    else:
        # Half steady, half eased: it neither starts with a jerk nor seems to stop.
        way = 0.5 * moment + 0.5 * moment * moment * (3 - 2 * moment)
        zoom = motion.zoom * way if motion.zoom >= 0 else -motion.zoom * (1 - way)
    time = moment * seconds
    calm = min(1.0, time / 0.4, (1 - moment) * seconds / 0.4 if returning else 1.0)
    reserve = motion.shake * calm
    return Pose(
        right=motion.right * way,
        down=motion.down * way,
        zoom=zoom,
        roll=motion.roll * way,
        orbit=motion.orbit * way,
        # Frequencies without a common measure: the tremor does not repeat within a clip.
        jolt_x=reserve * (0.6 * math.sin(23.1 * time) + 0.4 * math.sin(37.7 * time + 1.0)),
        jolt_y=reserve * (0.6 * math.sin(27.9 * time + 2.0) + 0.4 * math.sin(43.3 * time)),
        reserve=reserve,
    )
