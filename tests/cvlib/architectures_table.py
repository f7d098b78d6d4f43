"""What every network costs and sees, counted twice elsewhere: by a walk over its tree and by hooks
on torchvision's modules.

Name: parameters (without auxiliary heads), MACs, numbers given by convolutions, receptive field and
stride of the last maps, smallest image. None: counted by nobody else.
"""

from typing import NamedTuple


class Row(NamedTuple):
    parameters: int
    macs: int
    activations: int | None
    field: int
    stride: int
    smallest: int | None = None


TABLE = {
    "alexnet": Row(61_100_840, 714_188_480, 484_992, 195, 32, 63),
    "alexnet_paper": Row(60_965_224, 724_406_816, None, 195, 32),
    "vgg11": Row(132_863_336, 7_609_090_048, 7_426_048, 150, 32, 32),
    "vgg13": Row(133_047_848, 11_308_466_176, 12_242_944, 156, 32, 32),
    "vgg16": Row(138_357_544, 15_470_264_320, 13_547_520, 212, 32, 32),
    "vgg19": Row(143_667_240, 19_632_062_464, 14_852_096, 268, 32, 32),
    "vgg11_bn": Row(132_868_840, 7_609_090_048, 7_426_048, 150, 32, 32),
    "vgg13_bn": Row(133_053_736, 11_308_466_176, 12_242_944, 156, 32, 32),
    "vgg16_bn": Row(138_365_992, 15_470_264_320, 13_547_520, 212, 32, 32),
    "vgg19_bn": Row(143_678_248, 19_632_062_464, 14_852_096, 268, 32, 32),
    "googlenet": Row(6_624_904, 1_498_376_192, 3_226_160, 379, 32, 15),
    "googlenet_paper": Row(6_998_552, 1_582_671_872, None, 715, 32),
    "inception_v2": Row(11_194_984, 2_018_851_840, None, 699, 32),
    "inception_v3": Row(23_834_568, 5_713_216_096, 8_967_488, 1311, 32, 75),
    "resnet18": Row(11_689_512, 1_814_073_344, 2_483_712, 435, 32, 1),
    "resnet34": Row(21_797_672, 3_663_761_408, 3_738_112, 899, 32, 1),
    "resnet50": Row(25_557_032, 4_089_184_256, 11_113_984, 427, 32, 1),
    "resnet101": Row(44_549_160, 7_801_405_440, 16_231_936, 971, 32, 1),
    "resnet152": Row(60_192_808, 11_513_626_624, 22_554_112, 1451, 32, 1),
    "resnet50_paper": Row(25_557_032, 3_857_973_248, None, 483, 32),
    "resnet101_paper": Row(44_549_160, 7_570_194_432, None, 1027, 32),
    "resnet152_paper": Row(60_192_808, 11_282_415_616, None, 1507, 32),
    "wide_resnet50_2": Row(68_883_240, 11_398_021_120, 14_400_512, 427, 32, 1),
    "wide_resnet101_2": Row(126_886_696, 22_753_050_624, 21_224_448, 971, 32, 1),
    "densenet121": Row(7_978_856, 2_834_161_664, 6_899_200, 2071, 32, 29),
    "densenet169": Row(14_149_480, 3_359_843_328, 7_300_608, 3351, 32, 29),
    "densenet201": Row(20_013_928, 4_291_365_888, 7_852_544, 3863, 32, 29),
    "densenet161": Row(28_681_000, 7_727_907_072, 11_063_808, 2967, 32, 29),
    "squeezenet1_0": Row(1_248_424, 818_924_576, 4_346_248, 155, 16, 21),
    "squeezenet1_1": Row(1_235_496, 349_151_936, 2_589_352, 207, 16, 17),
    "mobilenet_v1": Row(4_231_976, 568_740_352, None, 315, 32),
    "mobilenet_v2": Row(3_504_872, 300_774_272, 6_678_112, 491, 32, 1),
    "cifar_resnet20": Row(269_722, 40_551_040, None, 81, 4),
    "cifar_resnet32": Row(464_154, 68_862_592, None, 137, 4),
    "cifar_resnet44": Row(658_586, 97_174_144, None, 193, 4),
    "cifar_resnet56": Row(853_018, 125_485_696, None, 249, 4),
    "cifar_resnet110": Row(1_727_962, 252_887_680, None, 501, 4),
    "cifar_resnet1202": Row(19_421_274, 2_829_238_912, None, 5597, 4),
    "wrn28_10": Row(36_479_194, 5_243_328_768, None, 109, 4),
    "wrn40_4": Row(8_949_210, 1_298_582_016, None, 165, 4),
    "wrn16_8": Row(10_961_370, 1_548_145_664, None, 53, 4),
    "wrn16_4": Row(2_748_890, 392_612_352, None, 53, 4),
    "cifar_densenet40_12": Row(1_019_722, 264_812_928, None, 174, 4),
    "cifar_densenet100_12": Row(6_979_642, 1_769_516_448, None, 454, 4),
    "cifar_densenet_bc100_12": Row(769_162, 287_929_692, None, 230, 4),
    "cifar_densenet_bc250_24": Row(15_324_406, 5_418_785_724, None, 580, 4),
    "cifar_densenet_bc190_40": Row(25_624_430, 9_301_945_740, None, 440, 4),
    "lenet5": Row(61_706, 416_520, None, 16, 4),
}
#: The largest network is built for its parameters only: tracing a thousand layers takes long.
LONG = "cifar_resnet1202"
#: Options: parameters, and MACs where they are known to more than a million.
VARIANTS = [
    ("resnet18", {"residual": False}, 11_515_688, 1_794.8),
    ("resnet34", {"residual": False}, 21_623_848, 3_644.5),
    ("googlenet", {"aux_logits": True}, 13_004_888, 1_498.4),
    ("googlenet_paper", {"aux_logits": True}, 13_378_280, 1_582.7),
    ("inception_v3", {"aux_logits": True}, 27_161_264, 5_713.2),
    ("mobilenet_v1", {"width_mult": 0.75}, 2_585_560, 325.4),
    ("mobilenet_v1", {"width_mult": 0.5}, 1_331_592, 149.5),
    ("mobilenet_v1", {"width_mult": 0.25}, 470_072, 41.0),
    ("mobilenet_v2", {"width_mult": 1.4}, 6_108_776, 582.2),
    ("mobilenet_v2", {"width_mult": 1.3}, 5_386_792, 509.4),
    ("mobilenet_v2", {"width_mult": 0.75}, 2_636_424, 209.1),
    ("mobilenet_v2", {"width_mult": 0.5}, 1_968_680, 97.1),
    ("mobilenet_v2", {"width_mult": 0.35}, 1_677_128, 59.3),
    ("cifar_resnet20", {"shortcut": "B"}, 272_474, 40.81),
    ("cifar_resnet56", {"shortcut": "B"}, 855_770, 125.7),
]
