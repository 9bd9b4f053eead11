"""What a benchmark prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value, beside its baseline and its target where it has them."""

    name: str
    value: float
    unit: str
    #: What the baseline is, and its value.
    baseline: tuple[str, float] | None = None
    #: At most.
    target: float | None = None

    @property
    def misses_target(self) -> bool:
        return self.target is not None and self.value > self.target

    def __str__(self) -> str:
        text = f"{self.name}: {self.value:.3g} {self.unit}"
        if self.baseline is not None:
            name, value = self.baseline
            text += f" · {name}: {value:.3g} {self.unit}"
        if self.target is not None:
            text += f" · target: at most {self.target:g} {self.unit}"
        return f"{text}{' · MISSED' if self.misses_target else ''}"
