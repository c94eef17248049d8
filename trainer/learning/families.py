"""The backbones that micro-models can have, by family; without torch, so that they can be listed at once."""

from __future__ import annotations

from types import MappingProxyType

from trainer.records.design import TINY_RESNET

FAMILIES = MappingProxyType(
    {
        "tiny ResNet": (TINY_RESNET,),
        "ResNet": (
            *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
            *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2"),
        ),
        "MobileNet": ("mobilenet_v3_small", "mobilenet_v3_large", "mobilenet_v2"),
        "EfficientNet": (
            *(f"efficientnet_b{size}" for size in range(8)),
            *(f"efficientnet_v2_{size}" for size in "sml"),
        ),
        "ViT": ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14"),
        "Swin": tuple(f"swin_{version}{size}" for version in ("", "v2_") for size in "tsb"),
        "ConvNeXt": tuple(f"convnext_{size}" for size in ("tiny", "small", "base", "large")),
        "RegNet": (
            *(f"regnet_x_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")),
            *(f"regnet_y_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf", "128gf")),
        ),
        "DenseNet": ("densenet121", "densenet169", "densenet201", "densenet161"),
        "MaxViT": ("maxvit_t",),
        "VGG": tuple(f"vgg{layers}{normed}" for layers in (11, 13, 16, 19) for normed in ("", "_bn")),
    }
)
"""Names by family, the small members first."""

ONLY_CLASSIFICATION = frozenset({"VGG"})
"""Families that serve classification alone."""

WITHOUT_FINEST = frozenset({"ViT"})
"""Families whose finest map has stride 8: designs of stride 4 are refused."""

WITHOUT_IMAGENET = frozenset({TINY_RESNET, "regnet_y_128gf", "vit_h_14"})
"""Backbones without ImageNet weights; those of the last two forbid commercial use and are not offered."""

WITH_COCO = ("mobilenet_v3_large", "resnet50", "resnet101")
"""Backbones with COCO weights."""

PRETRAINED = ("none", "imagenet", "coco")


def list_backbones() -> tuple[str, ...]:
    """Names of all backbones, family after family."""
    return tuple(name for names in FAMILIES.values() for name in names)


def find_family(backbone: str) -> str | None:
    """The family of a backbone, None where there is no backbone of that name.

    Example:
        >>> find_family("swin_v2_t")
        'Swin'
    """
    return next((family for family, names in FAMILIES.items() if backbone in names), None)


def list_weights(backbone: str) -> tuple[str, ...]:
    """Which pretrained weights a backbone can start from.

    Example:
        >>> list_weights("resnet50")
        ('none', 'imagenet', 'coco')
        >>> list_weights("tiny_resnet")
        ('none',)
    """
    imagenet = () if backbone in WITHOUT_IMAGENET else ("imagenet",)
    return ("none", *imagenet, *(("coco",) if backbone in WITH_COCO else ()))
