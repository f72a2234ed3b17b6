"""Exact models and their solutions as numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Model:
    """The transition model P(s', r | s, a): one entry an outcome in every column, for legal actions only."""

    states: int
    """Number of states."""
    actions: int
    """Number of actions."""
    state: NDArray[np.int64]
    """The state of each outcome."""
    action: NDArray[np.int64]
    """Its action."""
    next_state: NDArray[np.int64]
    """The state that follows."""
    probability: NDArray[np.float64]
    """Its probability given state and action."""
    reward: NDArray[np.float64]
    """Its reward."""
    terminated: NDArray[np.bool_]
    """Whether the episode ends, so that values do not bootstrap."""
    start: NDArray[np.float64]
    """Probability of each state to begin in, ``[states]``."""
    legal: NDArray[np.bool_]
    """Which actions can be chosen, ``[states, actions]``: none where an episode has always ended."""

    def dense(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``P[states, actions, states]`` of the outcomes after which the episode goes on, and expected rewards
        ``R[states, actions]``: with them the value of an action is ``R + gamma * P @ v``.
        """
        transitions = np.zeros((self.states, self.actions, self.states))
        going_on = ~self.terminated
        places = (self.state[going_on], self.action[going_on], self.next_state[going_on])
        np.add.at(transitions, places, self.probability[going_on])
        rewards = np.zeros((self.states, self.actions))
        np.add.at(rewards, (self.state, self.action), self.probability * self.reward)
        return transitions, rewards


@dataclass(frozen=True, eq=False)
class Solution:
    """The optimal values of a model."""

    v: NDArray[np.float64]
    """Optimal value of every state; infinite where rewards add up without bound."""
    q: NDArray[np.float64]
    """Optimal action values, ``[states, actions]``; 0 for actions that are not legal."""
    policy: NDArray[np.int64]
    """An optimal action of every state, -1 where nothing can be chosen."""
    at_start: float
    """Expected optimal value over the states that episodes begin in."""
    outcome: str
    """``exact``, ``unbounded`` (rewards add up without bound) or ``unsettled`` (an estimate)."""
    error_bound: float | None
    """No finite value is farther from the true one than this; None where that is not known."""
