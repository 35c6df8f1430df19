"""A WGAN-GP on a ring of eight Gaussians, and where its loss and the exact distance part.

The critic's estimate, the usual loss curve, is meant to be the distance between data and generator. Beside
it stand the exact distance of the same samples and the noise floor, the distance of two samples of the data.
"""

try:
    import torch
except ImportError:
    print("pip install torch for this example")
    raise SystemExit from None

from deblais.audit import audit_critic
from deblais.callbacks import ExactEMD

BATCH, STEPS, CRITIC_STEPS, PENALTY = 128, 400, 5, 10.0

torch.manual_seed(0)
torch.set_num_threads(1)


def ring(size: int) -> torch.Tensor:
    """Points of the data."""
    angles = torch.randint(8, (size,)) * torch.pi / 4
    return 2 * torch.stack([angles.cos(), angles.sin()], dim=1) + 0.05 * torch.randn(size, 2)


def network(inputs: int, outputs: int) -> torch.nn.Module:
    layers = [torch.nn.Linear(inputs, 64), torch.nn.LeakyReLU(0.2), torch.nn.Linear(64, 64)]
    return torch.nn.Sequential(*layers, torch.nn.LeakyReLU(0.2), torch.nn.Linear(64, outputs))


def penalty(data: torch.Tensor, generated: torch.Tensor) -> torch.Tensor:
    """How far the critic's gradients between the samples are from norm 1."""
    share = torch.rand(len(data), 1)
    between = (share * data + (1 - share) * generated).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    norms: torch.Tensor = gradient.norm(dim=1)
    return ((norms - 1) ** 2).mean()


generator, critic = network(4, 2), network(2, 1)
of_generator = torch.optim.Adam(generator.parameters(), lr=5e-4, betas=(0.5, 0.9))
of_critic = torch.optim.Adam(critic.parameters(), lr=5e-4, betas=(0.5, 0.9))
watch = ExactEMD(critic, every=50, held_out=ring(2000), path="wgan_gp.csv")

print("step   estimate   exact    noise floor")
for step in range(STEPS + 1):
    for _ in range(CRITIC_STEPS):
        data, generated = ring(BATCH), generator(torch.randn(BATCH, 4)).detach()
        loss = critic(generated).mean() - critic(data).mean() + PENALTY * penalty(data, generated)
        of_critic.zero_grad()
        loss.backward()
        of_critic.step()
    if row := watch(step, data, generated):
        print(f"{row.step:4} {row.estimate:10.4f} {row.upper:8.4f} {row.noise_floor:11.4f}")
    of_generator.zero_grad()
    (-critic(generator(torch.randn(BATCH, 4))).mean()).backward()
    of_generator.step()

audit = audit_critic(critic, ring(500), generator(torch.randn(500, 4)))
print(audit)
audit.plot().save("wgan_gp_critic.svg")
