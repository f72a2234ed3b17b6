"""Searches learning rate and exploration of Q-learning on FrozenLake with Optuna's ask and tell; every trial is a run.

    pip install ./python optuna
    python python/examples/optuna_search.py --trials 20
"""

import argparse

import gymnasium
import numpy as np
import optuna

import terrarium


def train(run: terrarium.Run, learning_rate: float, epsilon: float, episodes: int) -> float:
    """The mean return of the last half of the episodes."""
    env = gymnasium.make("terrarium/FrozenLake-v0", slippery=False)
    generator = np.random.default_rng(1)
    values = np.zeros((env.observation_space.n, env.action_space.n))
    returns = []
    for episode in range(episodes):
        state, _ = env.reset(seed=episode)
        total, length, ended = 0.0, 0, False
        while not ended:
            best = np.flatnonzero(values[state] == values[state].max())
            action = generator.integers(values.shape[1]) if generator.random() < epsilon else generator.choice(best)
            following, reward, terminated, truncated, _ = env.step(int(action))
            target = reward + (0.0 if terminated else 0.99 * values[following].max())
            values[state, action] += learning_rate * (target - values[state, action])
            state, total, length, ended = following, total + reward, length + 1, terminated or truncated
        returns.append(total)
        run.log_episode(episodic_return=total, length=length, step=episode)
    return float(np.mean(returns[episodes // 2 :]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--episodes", type=int, default=300)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    for _ in range(options.trials):
        trial = study.ask()
        config = {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 1.0, log=True),
            "epsilon": trial.suggest_float("epsilon", 0.01, 0.5),
        }
        name = f"trial-{trial.number}"
        with terrarium.init("search", name=name, config=config, environment="frozen-lake", agent="q-learning") as run:
            value = train(run, **config, episodes=options.episodes)
            run.log({"mean_return": value}, step=options.episodes)
        study.tell(trial, value)
    print(f"best: {study.best_value:.3f} with {study.best_params}")


if __name__ == "__main__":
    main()
