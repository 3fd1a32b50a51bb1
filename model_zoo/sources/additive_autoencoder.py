"""Autoencoders of scenes whose decoder renders each slot by itself: its images are added, or mixed by masks."""

from typing import Literal, cast

from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard

ELIGIBLE = "encoder[.][0-9]+"
SMALLEST = 4
"""px of the maps between convolutions and linear layers."""
Combination = Literal["sum", "masks"]
"""The images of the slots are added; or each is weighed by a mask, a softmax over the slots, which couples them."""


class AdditiveAutoencoder(nn.Module):
    """Convolutions and linear layers to the latents of all slots, and one decoder that is shared by the slots."""

    def __init__(self, *, slots: int, latents: int, combination: Combination, side: int, channels: int, width: int) -> None:
        """`latents` is the length of a slot; `side` a power of two times 4 px."""
        super().__init__()
        self.slots, self.latents, self.combination = slots, latents, combination
        halvings = (side // SMALLEST).bit_length() - 1
        down: list[nn.Module] = []
        for number in range(halvings):
            down += [nn.Conv2d(channels if number else 3, channels, 4, stride=2, padding=1), nn.ELU()]
        flat = channels * SMALLEST**2
        self.encoder = nn.Sequential(
            *down,
            nn.Flatten(),
            nn.Linear(flat, width),
            nn.ELU(),
            nn.Linear(width, width),
            nn.ELU(),
            nn.Linear(width, slots * latents),
        )
        up: list[nn.Module] = [
            nn.Linear(latents, width),
            nn.ELU(),
            nn.Linear(width, width),
            nn.ELU(),
            nn.Linear(width, flat),
            nn.ELU(),
        ]
        up.append(nn.Unflatten(1, (channels, SMALLEST, SMALLEST)))
        for number in reversed(range(halvings)):
            up += [nn.ConvTranspose2d(channels, channels if number else 4, 4, stride=2, padding=1), *[nn.ELU()] * bool(number)]
        self.decoder = nn.Sequential(*up)

    def encode(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch slot latent"]:
        """The slots of images in [-1, 1]."""
        return cast(Tensor, self.encoder(images)).reshape(-1, self.slots, self.latents)

    def decode(self, slots: Float[Tensor, "batch slot latent"]) -> Float[Tensor, "batch 3 side side"]:
        """The images of slots, black 0 and white 1."""
        return self.layers(slots).sum(dim=1)

    def layers(self, slots: Float[Tensor, "batch slot latent"]) -> Float[Tensor, "batch slot 3 side side"]:
        """What each slot adds to the image."""
        maps = cast(Tensor, self.decoder(slots.flatten(0, 1)))
        rendered = maps.reshape(*slots.shape[:2], *maps.shape[1:])
        colors, masks = rendered[:, :, :3], rendered[:, :, 3:]
        return colors * (masks.sigmoid() if self.combination == "sum" else masks.softmax(dim=1))

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch 3 side side"]:
        """The reconstructions of images in [-1, 1], black 0 and white 1."""
        return self.decode(self.encode(images))


def build(model: ModelCard) -> nn.Module:
    """The network of a card, whose spec holds the arguments of `AdditiveAutoencoder`."""
    return AdditiveAutoencoder(
        **{name: model.spec[name] for name in ("slots", "latents", "combination", "side", "channels", "width")}
    )


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
