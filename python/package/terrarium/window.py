"""A window that shows pictures, for `render_mode="human"`."""

from __future__ import annotations

import numpy as np
from gymnasium.error import DependencyNotInstalled
from numpy.typing import NDArray


class Window:
    """A window of pygame."""

    def __init__(self, title: str, frames_per_second: int) -> None:
        try:
            import pygame
        except ImportError as error:
            raise DependencyNotInstalled('render_mode="human" needs pygame: pip install pygame') from error
        self._pygame = pygame
        self._title = title
        self._frames_per_second = frames_per_second
        self._clock = pygame.time.Clock()
        pygame.display.init()

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Shows a picture and waits until it is time for the next."""
        pygame = self._pygame
        size = (picture.shape[1], picture.shape[0])
        screen = pygame.display.get_surface()
        if screen is None or screen.get_size() != size:
            screen = pygame.display.set_mode(size)
            pygame.display.set_caption(self._title)
        pygame.surfarray.blit_array(screen, picture.swapaxes(0, 1))
        pygame.event.pump()
        pygame.display.flip()
        self._clock.tick(self._frames_per_second)

    def close(self) -> None:
        """Closes it."""
        self._pygame.display.quit()
