"""Two mistakes at once in depthwise_separable_parameters."""


def square_kernel_and_a_bias_a_channel(channels_in, channels_out, kernel, multiplier, bias):
    depthwise = channels_in * multiplier * kernel[0] ** 2
    pointwise = channels_in * multiplier * channels_out
    total = depthwise + pointwise
    if bias:
        total += channels_in + channels_out
    return total


def reads_c_maps_and_always_biases(channels_in, channels_out, kernel, multiplier, bias):
    r, s = kernel
    depthwise = channels_in * multiplier * r * s + channels_in * multiplier
    pointwise = channels_in * channels_out + channels_out
    return depthwise + pointwise


def reads_all_channels_and_biases_between_only(channels_in, channels_out, kernel, multiplier, bias):
    maps = channels_in * multiplier
    per_filter = channels_in * kernel[0] * kernel[1] + (1 if bias else 0)
    return maps * per_filter + maps * channels_out


def depthwise_half_of_the_wrong_maps(channels_in, channels_out, kernel, multiplier, bias):
    filters = channels_out * multiplier
    weights = filters * kernel[0] * kernel[1]
    return weights + filters if bias else weights


PAIRS = (
    (square_kernel_and_a_bias_a_channel, "a_square_kernel", "a_bias_a_channel"),
    (reads_c_maps_and_always_biases, "pointwise_reads_c_maps", "always_with_biases"),
    (reads_all_channels_and_biases_between_only, "filters_that_read_all_channels", ""),
    (depthwise_half_of_the_wrong_maps, "the_depthwise_half", ""),
)
