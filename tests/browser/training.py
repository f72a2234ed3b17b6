"""Q-learning on our frozen lake as somebody would write it, published to the relay that is named. With --sb3 PPO of
Stable-Baselines3 on our snake, with --pole on Gymnasium's own cart-pole. All learn until a viewer stops them."""

import random
import sys

import gymnasium
import terrarium

relay = sys.argv[1]
if "--sb3" in sys.argv or "--pole" in sys.argv:
    from stable_baselines3 import PPO
    from terrarium.sb3 import TerrariumCallback

    pole = "--pole" in sys.argv
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array") if pole else gymnasium.make("terrarium/Snake-v0")
    model = PPO("MlpPolicy", env, n_steps=256, batch_size=64, seed=1, device="cpu")
    model.learn(10**9, callback=TerrariumCallback(relay=relay, name="python"))
    sys.exit(0)

env = gymnasium.make("terrarium/FrozenLake-v0")
chance = random.Random(1)
values = [[0.0] * int(env.action_space.n) for _ in range(int(env.observation_space.n))]
run = terrarium.init(relay=relay, name="python", environment=env.unwrapped.terrarium_spec, agent="q-learning")
step, going_on = 0, True
while going_on:
    state, _ = env.reset(seed=1 if step == 0 else None)
    ended, length, episodic_return = False, 0, 0.0
    while going_on and not ended:
        known = values[state]
        action = chance.randrange(len(known)) if chance.random() < 0.1 else known.index(max(known))
        after, reward, terminated, truncated, info = env.step(action)
        target = reward if terminated else reward + 0.95 * max(values[after])
        known[action] += 0.1 * (target - known[action])
        state, ended = after, terminated or truncated
        step, length, episodic_return = step + 1, length + 1, episodic_return + float(reward)
        run.reach(step)
        going_on = run.obey()
    if ended:
        run.log({"losses/td_error": abs(target - known[action])}, step=step)
        run.log_episode(episodic_return, length, outcome=info["outcome"], step=step)
run.finish(reason="stopped")
