"""The same training steps in JAX: automatic differentiation, compiled for one thread."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

# As in networks.rs.
RATE, BETA1, BETA2, EPSILON = 1e-4, 0.5, 0.9, 1e-8
SLOPE = 0.2

Layers = list[tuple[jax.Array, jax.Array]]
Player = dict[str, Any]
"""parameters, the two running means of Adam, and the number of steps."""


def sort_groups(z: jax.Array, size: int) -> jax.Array:
    groups = z.reshape(*z.shape[:-1], -1, size)
    if size == 2:
        # Faster than a sort of pairs.
        pairs = [groups.max(-1), groups.min(-1)]
        return jnp.stack(pairs, -1).reshape(z.shape)
    return -jnp.sort(-groups, -1).reshape(z.shape)


ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "relu": jax.nn.relu,
    "leaky": lambda z: jnp.where(z > 0, z, SLOPE * z),
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "maxmin": lambda z: sort_groups(z, 2),
    "sort8": lambda z: sort_groups(z, 8),
}


def layers_of(flat: np.ndarray, widths: list[int]) -> Layers:
    """Of each layer the weights, row by row, then the biases."""
    layers, place = [], 0
    for inputs, outputs in zip(widths, widths[1:]):
        weights = flat[place : place + inputs * outputs].reshape(inputs, outputs)
        place += inputs * outputs
        layers.append((jnp.asarray(weights), jnp.asarray(flat[place : place + outputs])))
        place += outputs
    return layers


def flat_of(layers: Layers) -> np.ndarray:
    return np.concatenate([np.asarray(part).ravel() for layer in layers for part in layer])


class Game:
    """Two networks, the batches, and the compiled steps."""

    def __init__(self, arrays: dict[str, np.ndarray], settings: dict[str, Any]) -> None:
        self.arrays, self.settings = arrays, settings
        self.activation = ACTIVATIONS[settings["activation"]]
        self.data = {
            name: jnp.asarray(arrays[name])
            for name in ("real", "fake", "between", "noise", "more_noise", "share")
        }
        jit = partial(jax.jit, donate_argnums=(0, 1))
        self.steps = {
            "critic": jit(self.critic_step),
            "generator": jit(self.generator_step),
            "both": jit(self.both_steps),
        }
        self.restart()

    def restart(self) -> None:
        self.players = []
        for name in ("critic", "generator"):
            layers = layers_of(self.arrays[name], self.settings[name])
            zeros = jax.tree.map(jnp.zeros_like, layers)
            more = jax.tree.map(jnp.zeros_like, layers)
            self.players.append({"layers": layers, "mean": zeros, "square": more, "t": 0})

    def run(self, name: str, steps: int) -> dict[str, Any]:
        """So many steps; seconds of one, on the clock and of the CPU, and the last loss."""
        step, (critic, generator), loss = self.steps[name], self.players, None
        start, busy = time.perf_counter(), time.process_time()
        for _ in range(steps):
            critic, generator, loss = step(critic, generator, self.data)
        jax.block_until_ready((critic, generator, loss))
        seconds = time.perf_counter() - start
        busy = time.process_time() - busy
        self.players = [critic, generator]
        return {"seconds": seconds / steps, "busy": busy / steps, "loss": float(loss)}

    def parameters(self) -> dict[str, np.ndarray]:
        names = ("critic", "generator")
        return {name: flat_of(p["layers"]) for name, p in zip(names, self.players)}

    def network(self, layers: Layers, x: jax.Array) -> jax.Array:
        for weights, bias in layers[:-1]:
            x = self.activation(x @ weights + bias)
        weights, bias = layers[-1]
        return x @ weights + bias

    def critic_loss(self, layers: Layers, points: jax.Array, between: jax.Array) -> jax.Array:
        """Real points above generated ones: one pass over both."""
        outputs = self.network(layers, points)[:, 0]
        batch = len(outputs) // 2
        loss = outputs[batch:].mean() - outputs[:batch].mean()
        slopes = jax.grad(lambda x: self.network(layers, x).sum())(between)
        norms = jnp.sqrt((slopes**2).sum(1))
        excess = norms - 1
        if self.settings["one_sided"]:
            excess = jnp.maximum(excess, 0)
        return loss + self.settings["lambda"] * (excess**2).mean()

    def critic_step(self, critic: Player, generator: Player, data: dict[str, jax.Array]) -> Any:
        points = jnp.concatenate([data["real"], data["fake"]])
        loss, slopes = jax.value_and_grad(self.critic_loss)(
            critic["layers"], points, data["between"]
        )
        return adam(critic, slopes), generator, loss

    def generator_step(self, critic: Player, generator: Player, data: dict[str, jax.Array]) -> Any:
        def loss_of(layers: Layers) -> jax.Array:
            points = self.network(layers, data["more_noise"])
            return -self.network(critic["layers"], points).mean()

        loss, slopes = jax.value_and_grad(loss_of)(generator["layers"])
        return critic, adam(generator, slopes), loss

    def both_steps(self, critic: Player, generator: Player, data: dict[str, jax.Array]) -> Any:
        fake = self.network(generator["layers"], data["noise"])
        share = data["share"][:, None]
        between = share * data["real"] + (1 - share) * fake
        now = data | {"fake": fake, "between": between}
        critic, generator, critic_loss = self.critic_step(critic, generator, now)
        critic, generator, loss = self.generator_step(critic, generator, now)
        return critic, generator, critic_loss + loss


def adam(player: Player, slopes: Layers) -> Player:
    t = player["t"] + 1
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, player["mean"], slopes)
    square = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, player["square"], slopes)

    def move(x: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
        rate = (RATE / (1 - BETA1**t)).astype(x.dtype)
        root = jax.lax.rsqrt(1 - BETA2**t).astype(x.dtype)
        return x - rate * m / (jnp.sqrt(v) * root + EPSILON)

    layers = jax.tree.map(move, player["layers"], mean, square)
    return {"layers": layers, "mean": mean, "square": square, "t": t}
