"""PPO in one file, as scripts that log to W&B are written: only the line `import wandb` is another one.

    pip install ./python torch tensorboard
    python python/examples/single_file_ppo.py --total-timesteps 50000
"""

import argparse
import random
import time

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical
from torch.utils.tensorboard import SummaryWriter

import terrarium as wandb  # instead of `import wandb`


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--env-id", default="CartPole-v1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--total-timesteps", type=int, default=50_000)
    parser.add_argument("--learning-rate", type=float, default=2.5e-4)
    parser.add_argument("--num-envs", type=int, default=4)
    parser.add_argument("--num-steps", type=int, default=128)
    parser.add_argument("--update-epochs", type=int, default=4)
    parser.add_argument("--gamma", type=float, default=0.99)
    parser.add_argument("--gae-lambda", type=float, default=0.95)
    parser.add_argument("--clip", type=float, default=0.2)
    return parser.parse_args()


class Agent(nn.Module):
    def __init__(self, entries: int, actions: int) -> None:
        super().__init__()
        self.value = nn.Sequential(nn.Linear(entries, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
        self.policy = nn.Sequential(nn.Linear(entries, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, actions))

    def forward(self, observations: torch.Tensor) -> tuple[Categorical, torch.Tensor]:
        return Categorical(logits=self.policy(observations)), self.value(observations).squeeze(-1)


def main() -> None:
    args = parse()
    run_name = f"{args.env_id.replace('/', '-')}__ppo__{args.seed}"
    wandb.init(project="single-file", sync_tensorboard=True, config=vars(args), name=run_name)
    writer = SummaryWriter(f"runs/{run_name}")
    writer.add_text("hyperparameters", str(vars(args)))
    random.seed(args.seed)
    np.random.seed(args.seed)
    torch.manual_seed(args.seed)

    def make():
        return gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make(args.env_id))

    envs = gymnasium.vector.SyncVectorEnv([make for _ in range(args.num_envs)])
    agent = Agent(int(np.prod(envs.single_observation_space.shape)), int(envs.single_action_space.n))
    optimiser = torch.optim.Adam(agent.parameters(), lr=args.learning_rate, eps=1e-5)
    shape = (args.num_steps, args.num_envs)
    seen = torch.zeros((*shape, *envs.single_observation_space.shape))
    actions, logs, rewards, ends, values = (torch.zeros(shape) for _ in range(5))

    begun, step = time.time(), 0
    observation = torch.as_tensor(envs.reset(seed=args.seed)[0], dtype=torch.float32)
    ended = torch.zeros(args.num_envs)
    while step < args.total_timesteps:
        for index in range(args.num_steps):
            step += args.num_envs
            seen[index], ends[index] = observation, ended
            with torch.no_grad():
                policy, values[index] = agent(observation)
            action = policy.sample()
            actions[index], logs[index] = action, policy.log_prob(action)
            following, reward, terminated, truncated, infos = envs.step(action.numpy())
            rewards[index] = torch.as_tensor(reward)
            observation = torch.as_tensor(following, dtype=torch.float32)
            ended = torch.as_tensor(np.logical_or(terminated, truncated), dtype=torch.float32)
            for env in np.flatnonzero(infos.get("_episode", [])):
                writer.add_scalar("charts/episodic_return", infos["episode"]["r"][env], step)
                writer.add_scalar("charts/episodic_length", infos["episode"]["l"][env], step)
        with torch.no_grad():
            following_value = agent(observation)[1]
        advantages, last = torch.zeros(shape), torch.zeros(args.num_envs)
        for index in reversed(range(args.num_steps)):
            goes_on = 1.0 - (ended if index == args.num_steps - 1 else ends[index + 1])
            after = following_value if index == args.num_steps - 1 else values[index + 1]
            error = rewards[index] + args.gamma * after * goes_on - values[index]
            advantages[index] = last = error + args.gamma * args.gae_lambda * goes_on * last
        returns = (advantages + values).flatten()
        flat_seen, flat_actions, flat_logs = seen.flatten(0, 1), actions.flatten(), logs.flatten()
        for _ in range(args.update_epochs):
            for part in torch.randperm(len(returns)).split(len(returns) // 4):
                policy, value = agent(flat_seen[part])
                ratio = (policy.log_prob(flat_actions[part]) - flat_logs[part]).exp()
                gain = advantages.flatten()[part]
                gain = (gain - gain.mean()) / (gain.std() + 1e-8)
                policy_loss = torch.max(-gain * ratio, -gain * ratio.clamp(1 - args.clip, 1 + args.clip)).mean()
                value_loss = 0.5 * (value - returns[part]).square().mean()
                entropy = policy.entropy().mean()
                optimiser.zero_grad()
                (policy_loss + 0.5 * value_loss - 0.01 * entropy).backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimiser.step()
        writer.add_scalar("losses/policy_loss", policy_loss.item(), step)
        writer.add_scalar("losses/value_loss", value_loss.item(), step)
        writer.add_scalar("losses/entropy", entropy.item(), step)
        writer.add_scalar("charts/SPS", int(step / (time.time() - begun)), step)
    envs.close()
    writer.close()
    wandb.finish()


if __name__ == "__main__":
    main()
