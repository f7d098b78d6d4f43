"""What papers and repositories print is what the networks give, or the reason stands beside it."""

import pytest
import torch

from cvlib.architectures.counting import count, count_parameters
from cvlib.architectures.networks import create, usual_size
from cvlib.architectures.published import PUBLISHED


@pytest.mark.parametrize("printed", PUBLISHED, ids=lambda p: f"{p.network}-{p.millions}")
def test_a_printed_number_agrees_or_has_a_reason(printed):
    with torch.device("meta"):
        network = create(printed.network, **printed.options)
    if printed.quantity == "parameters":
        ours = count_parameters(network)
    else:
        ours = count(network, printed.size or usual_size(printed.network)).macs
    assert printed.agrees(ours) == (not printed.because), f"{ours:,}"


def test_reasons_that_can_be_counted():
    with torch.device("meta"):
        network, lean = create("mobilenet_v2"), create("googlenet", aux_logits=False)
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert sum(count_parameters(m) for m in norms) == 34_112
    assert round((count_parameters(network) - 34_112) / 1e6, 2) == 3.47
    assert count_parameters(lean) == 6_624_904
