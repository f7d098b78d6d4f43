"""Asks the real torchvision for keys and outputs, compares ours with them, and writes the table.

    python tests/cvlib/architectures_torchvision.py

needs torchvision beside the library (0.28.0 wrote the table that is here). It is not among the
requirements: its wheels want one exact version of PyTorch, and those on the package index want the
one with CUDA. Its compiled operations, which no network here calls, are left out where they do not
load.
"""

import json
import sys
from functools import partial
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).resolve().parent
TABLE = HERE / "architectures_torchvision.json"
VGG = [f"vgg{n}{norm}" for n in (11, 13, 16, 19) for norm in ("", "_bn")]
#: An odd size for every network, where poolings that round up or down differ.
ODD = {
    "alexnet": 97, "googlenet": 97, "inception_v3": 111, "squeezenet1_0": 193,
    "squeezenet1_1": 193, "mobilenet_v2": 75, **dict.fromkeys(VGG, 71),
    **{f"resnet{n}": 57 for n in (18, 34, 50, 101, 152)},
    **{f"wide_resnet{n}_2": 57 for n in (50, 101)},
    **{f"densenet{n}": 61 for n in (121, 169, 201, 161)},
}  # fmt: skip
#: The usual size, of one network a family: the others differ from it in numbers of layers.
USUAL = {
    "alexnet": 224, "googlenet": 224, "inception_v3": 299, "squeezenet1_0": 224,
    "squeezenet1_1": 224, "mobilenet_v2": 224, "vgg11_bn": 224, "resnet18": 224, "resnet50": 224,
    "densenet121": 224,
}  # fmt: skip
#: In training, with two images.
HEADS = {"googlenet": 97, "inception_v3": 299}
#: The two networks that were trained on other colours.
TRANSFORMED = {"googlenet": 97, "inception_v3": 111}


def headless(name):
    """Say whether the three large layers are left out: the VGGs share them, and one has them."""
    return name in VGG and name != "vgg11_bn"


def results(name, make):
    """Run a network with fixed weights, and keep some numbers of each result."""
    from architectures_fixed_weights import fill, image, sample

    with torch.device("meta"):
        model = make()
    if headless(name):
        model.classifier = nn.Identity()
    model = fill(model).eval()
    found = {}
    with torch.no_grad():
        for kind, sizes in (("odd", ODD), ("usual", USUAL)):
            if name in sizes:
                found[kind] = sample(model(image(sizes[name])))
        if name in HEADS:
            heads = model.train()(image(HEADS[name], 2))
            found["heads"] = [sample(scores) for scores in heads]
            model.eval().transform_input = True
            found["transformed"] = sample(model(image(TRANSFORMED[name])))
    return found


def relative_error(ours, theirs):
    """Return the largest difference of two nests of numbers, as a share of the largest number."""
    ours, theirs = (torch.tensor(nest, dtype=torch.float64) for nest in (ours, theirs))
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def torchvision_models():
    """Import torchvision's networks, with or without its compiled operations."""
    try:
        from torchvision import models
    except RuntimeError:
        for module in [m for m in sys.modules if m.startswith("torchvision")]:
            del sys.modules[module]
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        from torchvision import models
    return models


def main():
    """Compare everything that the table holds, then write it."""
    from architectures_fixed_weights import outline

    from cvlib.architectures.networks import create

    models = torchvision_models()
    table = {}
    for name in ODD:
        options = {"init_weights": False} if name in HEADS else {}
        make = partial(models.get_model, name, weights=None, **options)
        with torch.device("meta"):
            keys = outline(make())
            assert outline(create(name)) == keys, name
        table[name] = {"keys": keys, **results(name, make)}
        ours = results(name, partial(create, name))
        errors = {k: relative_error(v, table[name][k]) for k, v in ours.items()}
        print(name, {k: f"{error:.1e}" for k, error in errors.items()}, flush=True)
        assert max(errors.values()) < 1e-8, name
    TABLE.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
