"""PPO of TorchRL on our CartPole, watched live.

    pip install ./python torchrl
    python python/examples/torchrl_ppo.py --frames 50000
"""

import argparse

import torch
from tensordict.nn import TensorDictModule
from torch import nn
from torch.distributions import OneHotCategorical
from torchrl.collectors import Collector
from torchrl.envs import GymEnv, RewardSum, StepCounter, TransformedEnv
from torchrl.modules import ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE

import terrarium


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=50_000)
    parser.add_argument("--batch", type=int, default=1_000)
    options = parser.parse_args()
    torch.manual_seed(1)

    env = TransformedEnv(GymEnv("terrarium/CartPole-v0"))
    env.append_transform(RewardSum())
    env.append_transform(StepCounter())
    body = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
    policy = TensorDictModule(body, in_keys=["observation"], out_keys=["logits"])
    actor = ProbabilisticActor(
        policy, in_keys=["logits"], distribution_class=OneHotCategorical, return_log_prob=True, spec=env.action_spec
    )
    critic = ValueOperator(nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 1)), in_keys=["observation"])
    advantage = GAE(gamma=0.99, lmbda=0.95, value_network=critic)
    loss = ClipPPOLoss(actor, critic, clip_epsilon=0.2)
    optimiser = torch.optim.Adam(loss.parameters(), lr=3e-4)
    collector = Collector(env, actor, frames_per_batch=options.batch, total_frames=options.frames)

    config = {"env_id": "terrarium/CartPole-v0", "learning_rate": 3e-4}
    with terrarium.init("torchrl", name="torchrl-ppo", config=config, agent="ppo") as run:
        step = 0
        for batch in collector:
            step += batch.numel()
            for _ in range(4):
                advantage(batch)
                for part in batch.reshape(-1)[torch.randperm(batch.numel())].split(250):
                    losses = loss(part)
                    total = losses["loss_objective"] + losses["loss_critic"] + losses["loss_entropy"]
                    optimiser.zero_grad()
                    total.backward()
                    nn.utils.clip_grad_norm_(loss.parameters(), 0.5)
                    optimiser.step()
            run.log({f"losses/{name}": losses[f"loss_{name}"].detach() for name in ("objective", "critic")}, step=step)
            done = batch["next", "done"].squeeze(-1)
            ended = zip(batch["next", "episode_reward"][done], batch["next", "step_count"][done], strict=True)
            for episode_return, length in ended:
                run.log_episode(episodic_return=episode_return.item(), length=int(length), step=step)
            if not run.obey():
                break
        collector.shutdown()


if __name__ == "__main__":
    main()
