"""The official files of the data sets: where they are published, and the sums of their bytes.

The MD5 sums are those that the publishers, or torchvision, give. They find damage, not malice: no
loader trusts a file further than its format, checked or not.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OfficialFile:
    """One file: the data set it belongs to, its name, its MD5 sum and its address."""

    dataset: str
    name: str
    md5: str
    url: str


def _files(dataset: str, base: str, sums: dict[str, tuple[str, str]]) -> dict[str, OfficialFile]:
    return {
        f"{dataset}: {part}": OfficialFile(dataset, name, md5, base + name)
        for part, (name, md5) in sums.items()
    }


#: Every file by "data set: part".
OFFICIAL: dict[str, OfficialFile] = {
    **_files(
        "CIFAR-10",
        "https://www.cs.toronto.edu/~kriz/",
        {"all": ("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a")},
    ),
    **_files(
        "CIFAR-100",
        "https://www.cs.toronto.edu/~kriz/",
        {"all": ("cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85")},
    ),
    **_files(
        "SVHN",
        "http://ufldl.stanford.edu/housenumbers/",
        {
            "train": ("train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"),
            "test": ("test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"),
            "extra": ("extra_32x32.mat", "a93ce644f1a588dc4d68dda5feec44a7"),
        },
    ),
    **_files(
        "MNIST",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train images": ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            "train labels": ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
            "test images": ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
            "test labels": ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
        },
    ),
    **_files(
        "Fashion-MNIST",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train images": ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            "train labels": ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
            "test images": ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
            "test labels": ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
        },
    ),
}
