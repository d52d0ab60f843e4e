"""cuDNN and MIOpen substitutes against plain loops: every operation in NCHW, NHWC and padded or permuted strides."""

from __future__ import annotations

import ctypes
import itertools
import math
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from device_library import library

Dims = tuple[int, ...]
Grid = dict[Dims, float]
LAYOUTS: dict[str, Callable[[Dims], Dims]] = {}


def layout(function: Callable[[Dims], Dims]) -> Callable[[Dims], Dims]:
    LAYOUTS[function.__name__] = function
    return function


@layout
def nchw(dims: Dims) -> Dims:
    _n, c, h, w = dims
    return (c * h * w, h * w, w, 1)


@layout
def nhwc(dims: Dims) -> Dims:
    _n, c, h, w = dims
    return (c * h * w, 1, w * c, c)


@layout
def padded(dims: Dims) -> Dims:
    """Rows longer than the image is wide, and a gap behind each channel."""
    _n, c, h, w = dims
    row = w + 3
    return (c * (h * row + 5), h * row + 5, row, 1)


def indices(dims: Dims) -> Iterator[Dims]:
    return itertools.product(*map(range, dims))


def grid(dims: Dims, seed: int, whole: bool = True) -> Grid:
    source = random.Random(seed)
    return {at: float(source.randint(-4, 4)) if whole else source.uniform(-2, 2) for at in indices(dims)}


class Tensor:
    """A descriptor with its memory; what lies between the elements is marked, and has to stay."""

    MARK = -77.0

    def __init__(
        self, api: Api, dims: Dims, where: str = "nchw", half: bool = False, values: Grid | None = None
    ) -> None:
        self.dims, self.strides, self.half = dims, LAYOUTS[where](dims), half
        size = sum((d - 1) * s for d, s in zip(dims, self.strides, strict=True)) + 1
        kind: Any = ctypes.c_uint16 if half else ctypes.c_float
        self.memory: Any = (kind * size)(*[self._pack(self.MARK)] * size)
        self.desc = api.made("CreateTensorDescriptor")
        api.must(
            "Set4dTensorDescriptorEx" if not api.cuda else "SetTensor4dDescriptorEx",
            self.desc,
            api.kind(half),
            *dims,
            *self.strides,
        )
        if values is not None:
            for at, value in values.items():
                self.memory[self._place(at)] = self._pack(value)

    def _pack(self, value: float) -> float | int:
        return int.from_bytes(struct.pack("<e", value), "little") if self.half else value

    def _place(self, at: Dims) -> int:
        return sum(a * s for a, s in zip(at, self.strides, strict=True))

    def read(self) -> Grid:
        used = {self._place(at): at for at in indices(self.dims)}
        rest = [v for place, v in enumerate(self.memory) if place not in used]
        assert all(v == self._pack(self.MARK) for v in rest), "written between the elements"
        raw = {at: self.memory[place] for place, at in used.items()}
        if not self.half:
            return dict(raw)
        return {at: struct.unpack("<e", int(v).to_bytes(2, "little"))[0] for at, v in raw.items()}


def scalars(value: float) -> ctypes.Array[ctypes.c_float]:
    return (ctypes.c_float * 1)(value)


ONE, ZERO = scalars(1), scalars(0)


class Api:
    def __init__(self, cuda: bool) -> None:
        self.cuda = cuda
        self.prefix = "cudnn" if cuda else "miopen"
        self.code = library("cuda-dnn" if cuda else "hip-dnn")
        self.handle = self.made("Create")

    def status(self, name: str, *arguments: object) -> int:
        return int(getattr(self.code, self.prefix + name)(*arguments))

    def must(self, name: str, *arguments: object) -> None:
        assert self.status(name, *arguments) == 0, name

    def made(self, name: str) -> ctypes.c_void_p:
        out = ctypes.c_void_p()
        self.must(name, ctypes.byref(out))
        return out

    def kind(self, half: bool) -> int:
        return (2 if half else 0) if self.cuda else (0 if half else 1)

    # -- convolution: cuDNN's filter has a descriptor of its own, MIOpen's is a tensor ---------------------------------

    def filter(self, dims: Dims, where: str, half: bool, values: Grid) -> Tensor:
        made = Tensor(self, dims, where, half, values)
        if self.cuda:
            made.desc = self.made("CreateFilterDescriptor")
            self.must("SetFilter4dDescriptor", made.desc, self.kind(half), int(where == "nhwc"), *dims)
        return made

    def convolution(
        self, pad: Dims, stride: Dims, dilation: Dims, groups: int, mirrored: bool = False
    ) -> ctypes.c_void_p:
        made = self.made("CreateConvolutionDescriptor")
        if self.cuda:
            self.must("SetConvolution2dDescriptor", made, *pad, *stride, *dilation, int(not mirrored), 0)
        else:
            self.must("InitConvolutionDescriptor", made, 0, *pad, *stride, *dilation)
        self.must("SetConvolutionGroupCount", made, groups)
        return made

    def output(self, conv: ctypes.c_void_p, x: Tensor, w: Tensor) -> Dims:
        out = [ctypes.c_int() for _ in range(4)]
        name = "GetConvolution2dForwardOutputDim" if self.cuda else "GetConvolutionForwardOutputDim"
        self.must(name, conv, x.desc, w.desc, *map(ctypes.byref, out))
        return tuple(v.value for v in out)

    def convolve(self, which: str, conv: ctypes.c_void_p, a: Tensor, b: Tensor, c: Tensor, solution: int = 85) -> int:
        """`which` of Forward, BackwardData, BackwardFilter: c from a and b, in cuDNN's order of arguments."""
        if self.cuda:
            return self.status(
                "Convolution" + which, self.handle, ONE, a.desc, a.memory, b.desc, b.memory, conv, 1, None,
                ctypes.c_size_t(0), ZERO, c.desc, c.memory,
            )  # fmt: skip
        which = which.replace("Filter", "Weights")
        pair = (b, a)  # MIOpen names the filter, or dy, first
        count = ctypes.c_size_t()
        question = [self.handle, pair[0].desc, pair[1].desc, conv, c.desc]
        self.must(f"Convolution{which}GetSolutionCount", *question, ctypes.byref(count))
        if count.value == 0:
            return 6
        return self.status(
            f"Convolution{which}Immediate", self.handle, pair[0].desc, pair[0].memory, pair[1].desc, pair[1].memory,
            conv, c.desc, c.memory, None, ctypes.c_size_t(0), ctypes.c_uint64(solution),
        )  # fmt: skip


@pytest.fixture(params=[False, True], ids=["miopen", "cudnn"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


def near(got: Grid, want: Grid, tolerance: float = 1e-5) -> None:
    assert got.keys() == want.keys()
    for at, value in want.items():
        assert math.isclose(got[at], value, rel_tol=tolerance, abs_tol=tolerance), (at, got[at], value)


Shape = tuple[Dims, Dims, Dims, Dims, Dims, int]
SHAPES: list[Shape] = [  # x, w, pad, stride, dilation, groups
    ((2, 3, 5, 6), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((1, 4, 6, 7), (6, 2, 3, 2), (0, 1), (2, 3), (1, 1), 2),
    ((2, 2, 7, 6), (2, 1, 3, 3), (2, 1), (1, 2), (2, 1), 2),
    ((1, 3, 4, 4), (5, 3, 1, 1), (0, 0), (1, 1), (1, 1), 1),
]


def taps(shape: Shape) -> Iterator[tuple[Dims, Dims, Dims]]:
    """Which elements of x, w and y meet in a product."""
    (n, _, height, width), (k, channels, kh, kw), pad, stride, dilation, groups = shape
    oh = (height + 2 * pad[0] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (width + 2 * pad[1] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    for b, o, c, i, j, y, x in itertools.product(*map(range, (n, k, channels, kh, kw, oh, ow))):
        row, column = y * stride[0] - pad[0] + i * dilation[0], x * stride[1] - pad[1] + j * dilation[1]
        if 0 <= row < height and 0 <= column < width:
            yield (b, o // (k // groups) * channels + c, row, column), (o, c, i, j), (b, o, y, x)


def product(shape: Shape, left: Grid, right: Grid, which: tuple[int, int, int], into: Dims) -> Grid:
    out = dict.fromkeys(indices(into), 0.0)
    for tied in taps(shape):
        out[tied[which[2]]] += left[tied[which[0]]] * right[tied[which[1]]]
    return out


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("where", ["nchw", "nhwc", "padded"])
@pytest.mark.parametrize("half", [False, True], ids=["float", "half"])
def test_convolution(api: Api, shape: Shape, where: str, half: bool) -> None:
    xs, ws, pad, stride, dilation, groups = shape
    weights_where = "nchw" if where == "padded" else where
    x, w = grid(xs, 1), grid(ws, 2)
    tx, tw = Tensor(api, xs, where, half, x), api.filter(ws, weights_where, half, w)
    conv = api.convolution(pad, stride, dilation, groups)
    ys = api.output(conv, tx, tw)
    y = product(shape, x, w, (0, 1, 2), ys)
    ty = Tensor(api, ys, where, half)
    assert api.convolve("Forward", conv, tx, tw, ty) == 0
    near(ty.read(), y, 0)

    dy = grid(ys, 3)
    tdy, tdx = Tensor(api, ys, where, half, dy), Tensor(api, xs, where, half)
    assert api.convolve("BackwardData", conv, tw, tdy, tdx) == 0
    near(tdx.read(), product(shape, w, dy, (1, 2, 0), xs), 0)

    tdw = api.filter(ws, weights_where, half, {})
    assert api.convolve("BackwardFilter", conv, tx, tdy, tdw) == 0
    near(tdw.read(), product(shape, x, dy, (0, 2, 1), ws), 1e-3 if half else 0)


def test_mirrored_convolution() -> None:
    api, shape = Api(True), SHAPES[0]
    xs, ws, pad, stride, dilation, groups = shape
    x, w = grid(xs, 1), grid(ws, 2)
    tx, tw = Tensor(api, xs, values=x), api.filter(ws, "nchw", False, w)
    conv = api.convolution(pad, stride, dilation, groups, mirrored=True)
    ty = Tensor(api, api.output(conv, tx, tw))
    assert api.convolve("Forward", conv, tx, tw, ty) == 0
    turned: Grid = {(k, c, ws[2] - 1 - i, ws[3] - 1 - j): v for (k, c, i, j), v in w.items()}
    near(ty.read(), product(shape, x, turned, (0, 1, 2), ty.dims), 0)


def test_miopen_needs_one_layout_a_search_and_its_workspace() -> None:
    api, (xs, ws, pad, stride, dilation, groups) = Api(False), SHAPES[0]
    x, w = Tensor(api, xs, "nhwc", values=grid(xs, 1)), api.filter(ws, "nchw", False, grid(ws, 2))
    conv = api.convolution(pad, stride, dilation, groups)
    y = Tensor(api, api.output(conv, x, w), "nhwc")
    assert api.convolve("Forward", conv, x, w, y) == 6
    x = Tensor(api, xs, values=grid(xs, 1))
    y = Tensor(api, y.dims)
    call: list[object] = [
        api.handle,
        ONE,
        x.desc,
        x.memory,
        w.desc,
        w.memory,
        conv,
        1,
        ZERO,
        y.desc,
        y.memory,
        None,
        ctypes.c_size_t(0),
    ]
    assert api.status("ConvolutionForward", *call) == 7  # not searched for
    count, perf = ctypes.c_int(), (ctypes.c_char * 256)()
    question = [api.handle, x.desc, x.memory, w.desc, w.memory, conv, y.desc, y.memory, 4, ctypes.byref(count), perf]
    api.must("FindConvolutionForwardAlgorithm", *question, None, ctypes.c_size_t(0), False)
    assert count.value == 1
    api.must("ConvolutionForward", *call)
    assert api.status("ConvolutionForward", *call[:1], scalars(2), *call[2:]) == 6
    assert api.convolve("Forward", conv, x, w, y, solution=91) == 3  # GEMM without its workspace


def pooling(api: Api, mode: str, size: Dims, pad: Dims, stride: Dims) -> ctypes.c_void_p:
    made = api.made("CreatePoolingDescriptor")
    if api.cuda:
        api.must("SetPooling2dDescriptor", made, {"max": 0, "all": 1, "inside": 2}[mode], 0, *size, *pad, *stride)
    else:
        api.must("Set2dPoolingDescriptor", made, {"max": 0, "inside": 1, "all": 2}[mode], *size, *pad, *stride)
    return made


@pytest.mark.parametrize("where", LAYOUTS)
@pytest.mark.parametrize("mode", ["max", "all", "inside"])
def test_pooling(api: Api, mode: str, where: str) -> None:
    dims, size, pad, stride = (2, 3, 6, 7), (3, 2), (1, 1), (2, 2)
    x = grid(dims, 5, whole=False)
    tx = Tensor(api, dims, where, values=x)
    desc = pooling(api, mode, size, pad, stride)
    out = [ctypes.c_int() for _ in range(4)]
    name = "GetPooling2dForwardOutputDim" if api.cuda else "GetPoolingForwardOutputDim"
    api.must(name, desc, tx.desc, *map(ctypes.byref, out))
    assert tuple(v.value for v in out) == (2, 3, 3, 4)
    ty = Tensor(api, (2, 3, 3, 4), where)
    extra: list[object] = [] if api.cuda else [False, None, ctypes.c_size_t(0)]
    api.must("PoolingForward", api.handle, desc, ONE, tx.desc, tx.memory, ZERO, ty.desc, ty.memory, *extra)
    dy = grid(ty.dims, 6)
    want: Grid = {}
    back = dict.fromkeys(x, 0.0)
    for at in indices(ty.dims):
        n, c, i, j = at
        spots = [(n, c, i * 2 - 1 + a, j * 2 - 1 + b) for a in range(3) for b in range(2)]
        spots = [spot for spot in spots if spot in x]
        want[at] = (
            max(x[s] for s in spots)
            if mode == "max"
            else sum(x[s] for s in spots) / (6 if mode == "all" else len(spots))
        )
        for spot in [max(spots, key=lambda s: x[s])] if mode == "max" else spots:
            back[spot] += dy[at] if mode == "max" else dy[at] / (6 if mode == "all" else len(spots))
    near(ty.read(), want)
    tdy, tdx = Tensor(api, ty.dims, where, values=dy), Tensor(api, dims, where)
    room: list[object] = [] if api.cuda else [(ctypes.c_char * 1000)()]
    rest = [tdy.desc, tdy.memory, tx.desc, tx.memory, ZERO, tdx.desc, tdx.memory, *room]
    api.must("PoolingBackward", api.handle, desc, ONE, ty.desc, ty.memory, *rest)
    near(tdx.read(), back)


MODES: dict[str, tuple[int, int, float, Callable[[float], float]]] = {  # cuDNN's number, MIOpen's, coefficient
    "sigmoid": (0, 1, 0, lambda x: 1 / (1 + math.exp(-x))),
    "relu": (1, 3, 0, lambda x: max(x, 0.0)),
    "tanh": (2, 2, 0, math.tanh),
    "clipped": (3, 7, 1.25, lambda x: min(max(x, 0.0), 1.25)),
    "elu": (4, 9, 0.5, lambda x: x if x > 0 else 0.5 * math.expm1(x)),
    "identity": (5, 0, 0, lambda x: x),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("where", LAYOUTS)
def test_activation(api: Api, mode: str, where: str) -> None:
    cudnn, miopen, coefficient, function = MODES[mode]
    desc = api.made("CreateActivationDescriptor")
    real = ctypes.c_double
    if api.cuda:
        api.must("SetActivationDescriptor", desc, cudnn, 0, real(coefficient))
    else:
        api.must("SetActivationDescriptor", desc, miopen, real(1 if mode == "tanh" else coefficient), real(1), real(1))
    dims = (2, 3, 2, 3)
    x, dy = grid(dims, 7, whole=False), grid(dims, 8, whole=False)
    tx, ty = Tensor(api, dims, where, values=x), Tensor(api, dims, where)
    api.must("ActivationForward", api.handle, desc, ONE, tx.desc, tx.memory, ZERO, ty.desc, ty.memory)
    near(ty.read(), {at: function(v) for at, v in x.items()})
    tdy, tdx = Tensor(api, dims, where, values=dy), Tensor(api, dims, where)
    given = [ty.desc, ty.memory, tdy.desc, tdy.memory, tx.desc, tx.memory]
    api.must("ActivationBackward", api.handle, desc, ONE, *given, ZERO, tdx.desc, tdx.memory)
    step = 1e-6
    near(tdx.read(), {at: dy[at] * (function(v + step) - function(v - step)) / (2 * step) for at, v in x.items()}, 1e-4)
    scaled = api.status("ActivationForward", api.handle, desc, scalars(2), tx.desc, tx.memory, ZERO, ty.desc, ty.memory)
    assert scaled == (0 if api.cuda else 7)


@pytest.mark.parametrize("where", LAYOUTS)
@pytest.mark.parametrize("channel", [False, True], ids=["instance", "channel"])
@pytest.mark.parametrize("how", ["fast", "accurate", "log"])
def test_softmax(api: Api, how: str, channel: bool, where: str) -> None:
    dims = (2, 3, 2, 2)
    x, dy, old = grid(dims, 9, whole=False), grid(dims, 10, whole=False), grid(dims, 11)

    def softmax(values: Grid) -> Grid:
        def same(a: Dims, b: Dims) -> bool:
            return a[0] == b[0] and (not channel or a[2:] == b[2:])

        sums = {at: sum(math.exp(v) for b, v in values.items() if same(at, b)) for at in values}
        return {at: v - math.log(sums[at]) if how == "log" else math.exp(v) / sums[at] for at, v in values.items()}

    tx, ty = Tensor(api, dims, where, values=x), Tensor(api, dims, where, values=old)
    choice = [["fast", "accurate", "log"].index(how), int(channel)]
    before, after = (choice, []) if api.cuda else ([], choice)
    blend = scalars(0.5)
    api.must(
        "SoftmaxForward" + ("" if api.cuda else "_V2"),
        api.handle,
        *before,
        scalars(2),
        tx.desc,
        tx.memory,
        blend,
        ty.desc,
        ty.memory,
        *after,
    )
    y = softmax(x)
    near(ty.read(), {at: 2 * y[at] + 0.5 * old[at] for at in y})
    ty, tdy, tdx = Tensor(api, dims, where, values=y), Tensor(api, dims, where, values=dy), Tensor(api, dims, where)
    rest = [ty.desc, ty.memory, tdy.desc, tdy.memory, ZERO, tdx.desc, tdx.memory]
    api.must("SoftmaxBackward" + ("" if api.cuda else "_V2"), api.handle, *before, ONE, *rest, *after)
    step, want = 1e-6, {}
    for at in x:
        up, down = softmax({**x, at: x[at] + step}), softmax({**x, at: x[at] - step})
        want[at] = sum(dy[b] * (up[b] - down[b]) / (2 * step) for b in x)
    near(tdx.read(), want, 1e-4)


@pytest.mark.parametrize("where", ["nchw", "nhwc"])
@pytest.mark.parametrize("spatial", [False, True], ids=["per-activation", "spatial"])
def test_batch_norm(api: Api, spatial: bool, where: str) -> None:
    dims = (3, 2, 2, 3)
    x = grid(dims, 12, whole=False)
    tx, ty = Tensor(api, dims, where, values=x), Tensor(api, dims, where)
    stats: Dims = (1, 2, 1, 1) if spatial else (1, 2, 2, 3)
    desc = api.made("CreateTensorDescriptor")
    api.must("DeriveBNTensorDescriptor", desc, tx.desc, int(spatial))
    scale, bias = Tensor(api, stats, values=grid(stats, 13)), Tensor(api, stats, values=grid(stats, 14))
    mean, variance = (
        Tensor(api, stats, values=grid(stats, 15)),
        Tensor(api, stats, values=dict.fromkeys(indices(stats), 2.0)),
    )
    saved, inverse = Tensor(api, stats), Tensor(api, stats)
    epsilon, factor = 1e-3, 0.25

    def group(at: Dims) -> Dims:
        return (0, at[1], 0, 0) if spatial else (0, *at[1:])

    members = {g: [v for at, v in x.items() if group(at) == g] for g in indices(stats)}
    m = {g: sum(v) / len(v) for g, v in members.items()}
    q = {g: sum((one - m[g]) ** 2 for one in v) / len(v) for g, v in members.items()}
    s, b, old, two = scale.read(), bias.read(), mean.read(), ctypes.c_double(epsilon)
    given: list[object] = [tx.desc, tx.memory, ty.desc, ty.memory, desc, scale.memory, bias.memory]
    api.must(
        "BatchNormalizationForwardInference",
        api.handle,
        int(spatial),
        ONE,
        ZERO,
        *given,
        mean.memory,
        variance.memory,
        two,
    )
    near(
        ty.read(),
        {at: s[group(at)] * (v - old[group(at)]) / math.sqrt(2 + epsilon) + b[group(at)] for at, v in x.items()},
    )
    kept = [mean.memory, variance.memory, two, saved.memory, inverse.memory]
    api.must(
        "BatchNormalizationForwardTraining", api.handle, int(spatial), ONE, ZERO, *given, ctypes.c_double(factor), *kept
    )
    near(
        ty.read(),
        {
            at: s[group(at)] * (v - m[group(at)]) / math.sqrt(q[group(at)] + epsilon) + b[group(at)]
            for at, v in x.items()
        },
        1e-4,
    )
    near(saved.read(), m)
    near(inverse.read(), {g: 1 / math.sqrt(v + epsilon) for g, v in q.items()})
    count = len(next(iter(members.values())))
    near(mean.read(), {g: 0.75 * old[g] + 0.25 * m[g] for g in m})
    near(variance.read(), {g: 0.75 * 2 + 0.25 * q[g] * count / (count - 1) for g in q})

    def normalised(values: Grid) -> Grid:
        ms = {g: sum(values[at] for at in values if group(at) == g) / count for g in m}
        qs = {g: sum((values[at] - ms[g]) ** 2 for at in values if group(at) == g) / count for g in m}
        return {
            at: s[group(at)] * (v - ms[group(at)]) / math.sqrt(qs[group(at)] + epsilon) + b[group(at)]
            for at, v in values.items()
        }

    dy = grid(dims, 16, whole=False)
    tdy, tdx, dscale, dbias = (
        Tensor(api, dims, where, values=dy),
        Tensor(api, dims, where),
        Tensor(api, stats),
        Tensor(api, stats),
    )
    given = [
        tx.desc,
        tx.memory,
        tdy.desc,
        tdy.memory,
        tdx.desc,
        tdx.memory,
        desc,
        scale.memory,
        dscale.memory,
        dbias.memory,
    ]
    api.must(
        "BatchNormalizationBackward",
        api.handle,
        int(spatial),
        ONE,
        ZERO,
        ONE,
        ZERO,
        *given,
        two,
        saved.memory,
        inverse.memory,
    )
    step, want = 1e-5, {}
    for at in x:
        up, down = normalised({**x, at: x[at] + step}), normalised({**x, at: x[at] - step})
        want[at] = sum(dy[o] * (up[o] - down[o]) / (2 * step) for o in x)
    near(tdx.read(), want, 1e-3)
    near(dbias.read(), {g: sum(dy[at] for at in x if group(at) == g) for g in m}, 1e-4)
    ones = {at: (v - m[group(at)]) / math.sqrt(q[group(at)] + epsilon) for at, v in x.items()}
    near(dscale.read(), {g: sum(dy[at] * ones[at] for at in x if group(at) == g) for g in m}, 1e-4)


@pytest.mark.parametrize("into", LAYOUTS)
@pytest.mark.parametrize("source", LAYOUTS)
def test_transform_between_layouts(api: Api, source: str, into: str) -> None:
    dims = (2, 3, 4, 5)
    x, old = grid(dims, 17), grid(dims, 18)
    tx, ty = Tensor(api, dims, source, values=x), Tensor(api, dims, into, values=old)
    api.must("TransformTensor", api.handle, scalars(3), tx.desc, tx.memory, scalars(-2), ty.desc, ty.memory)
    near(ty.read(), {at: 3 * x[at] - 2 * old[at] for at in x}, 0)


@pytest.mark.parametrize("where", LAYOUTS)
@pytest.mark.parametrize("other", [(2, 3, 4, 5), (1, 3, 1, 1), (1, 1, 1, 5)], ids=str)
def test_operations_repeat_the_second_tensor(api: Api, other: Dims, where: str) -> None:
    dims = (2, 3, 4, 5)
    a, b, c = grid(dims, 19), grid(other, 20), grid(dims, 21)
    functions: list[Callable[[float, float], float]] = [lambda p, q: p + q, lambda p, q: p * q, min, max]
    for number, function in enumerate(functions):
        ta, tb, tc = (
            Tensor(api, dims, where, values=a),
            Tensor(api, other, values=b),
            Tensor(api, dims, where, values=c),
        )
        op: object = number
        if api.cuda:
            op = api.made("CreateOpTensorDescriptor")
            api.must("SetOpTensorDescriptor", op, number, 0, 0)
        api.must(
            "OpTensor",
            api.handle,
            op,
            scalars(2),
            ta.desc,
            ta.memory,
            scalars(3),
            tb.desc,
            tb.memory,
            scalars(0.5),
            tc.desc,
            tc.memory,
        )
        want = {
            at: function(2 * a[at], 3 * b[tuple(i if d > 1 else 0 for i, d in zip(at, other, strict=True))])
            + 0.5 * c[at]
            for at in a
        }
        near(tc.read(), want, 0)


@pytest.mark.parametrize("where", LAYOUTS)
def test_set_scale_and_reduce(api: Api, where: str) -> None:
    dims = (2, 3, 4, 5)
    x = grid(dims, 22)
    t = Tensor(api, dims, where, values=x)
    api.must("ScaleTensor", api.handle, t.desc, t.memory, scalars(-2))
    near(t.read(), {at: -2 * v for at, v in x.items()}, 0)
    to: Dims = (1, 3, 1, 1)
    results: list[Callable[[Sequence[float]], float]] = [
        sum, math.prod, min, max, lambda v: max(map(abs, v)), lambda v: sum(v) / len(v), lambda v: sum(map(abs, v)),
        lambda v: math.sqrt(sum(one * one for one in v)),
    ]  # fmt: skip
    for number, result in enumerate(results):
        desc, out = api.made("CreateReduceTensorDescriptor"), Tensor(api, to)
        api.must("SetReduceTensorDescriptor", desc, number, api.kind(False), 0, 0, 0)
        room = [None, ctypes.c_size_t(0), None, ctypes.c_size_t(0)]
        api.must("ReduceTensor", api.handle, desc, *room, ONE, t.desc, t.memory, ZERO, out.desc, out.memory)
        values = t.read()
        near(out.read(), {(0, c, 0, 0): result([v for at, v in values.items() if at[1] == c]) for c in range(3)})
    api.must("SetTensor", api.handle, t.desc, t.memory, scalars(4))
    assert set(t.read().values()) == {4}


def test_factors_of_half_tensors(api: Api) -> None:
    """cuDNN scales half tensors by a float; MIOpen reads the factor as the tensor's type, here the float's low half."""
    dims = (1, 1, 1, 4)
    t = Tensor(api, dims, half=True, values=dict.fromkeys(indices(dims), 3.0))
    api.must("ScaleTensor", api.handle, t.desc, t.memory, scalars(2))
    assert set(t.read().values()) == {6.0 if api.cuda else 0.0}


def test_local_response(api: Api) -> None:
    dims, n, alpha, beta, k = (2, 5, 2, 2), 4, 0.3, 0.75, 1.5
    x = grid(dims, 23, whole=False)
    tx, ty = Tensor(api, dims, "nhwc", values=x), Tensor(api, dims, "nchw")
    desc = api.made("CreateLRNDescriptor")
    api.must("SetLRNDescriptor", desc, *([] if api.cuda else [1]), n, *map(ctypes.c_double, (alpha, beta, k)))
    mode: list[object] = [0] if api.cuda else []
    rest: list[object] = [] if api.cuda else [False, None]
    name = "LRNCrossChannelForward" if api.cuda else "LRNForward"
    api.must(name, api.handle, desc, *mode, ONE, tx.desc, tx.memory, ZERO, ty.desc, ty.memory, *rest)
    want: Grid = {}
    for (b, c, i, j), value in x.items():
        window = [x[b, d, i, j] for d in range(max(0, c - 1), min(5, c + 3))]
        want[b, c, i, j] = value / (k + alpha / n * sum(v * v for v in window)) ** beta
    near(ty.read(), want)


def test_fused_convolution() -> None:
    api, shape = Api(True), SHAPES[0]
    xs, ws, pad, stride, dilation, groups = shape
    for where in ("nchw", "nhwc"):
        x, w = grid(xs, 1), grid(ws, 2)
        tx, tw = Tensor(api, xs, where, values=x), api.filter(ws, where, False, w)
        conv = api.convolution(pad, stride, dilation, groups)
        ys = api.output(conv, tx, tw)
        z, bias = grid(ys, 3), grid((1, ys[1], 1, 1), 4)
        tz, tb, ty = (
            Tensor(api, ys, where, values=z),
            Tensor(api, (1, ys[1], 1, 1), values=bias),
            Tensor(api, ys, where),
        )
        desc = api.made("CreateActivationDescriptor")
        api.must("SetActivationDescriptor", desc, 1, 0, ctypes.c_double(0))
        given = [tx.desc, tx.memory, tw.desc, tw.memory, conv, 1, None, ctypes.c_size_t(0)]
        rest = [tz.desc, tz.memory, tb.desc, tb.memory, desc, ty.desc, ty.memory]
        api.must("ConvolutionBiasActivationForward", api.handle, scalars(2), *given, scalars(-1), *rest)
        y = product(shape, x, w, (0, 1, 2), ys)
        near(ty.read(), {at: max(0.0, 2 * y[at] - z[at] + bias[0, at[1], 0, 0]) for at in y}, 0)


def test_refusals(api: Api) -> None:
    t, u = Tensor(api, (1, 2, 3, 4)), Tensor(api, (1, 2, 4, 3))
    bad = 2000 if api.cuda else 3
    assert api.status("TransformTensor", api.handle, ONE, t.desc, t.memory, ZERO, u.desc, u.memory) == bad
    assert api.status("TransformTensor", None, ONE, t.desc, t.memory, ZERO, t.desc, t.memory) == bad
    assert api.status("Create", None) == bad
