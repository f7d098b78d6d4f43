"""Values that lie about what they are: nothing but plain data ever reaches the judge."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.making import lying

DATA = "0: only its data crosses, and that is wrong"


@member("an object that equals everything", "0: an object that is no plain data is refused")
def equal_to_everything(room: Classroom) -> bytes:
    return lying(
        room,
        """
class Everything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
    def __bool__(self): return True
    def __len__(self): return 1
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self

def lie(*args, **kwargs):
    return Everything()
""",
    )


@member("an object whose __array__ agrees with whoever asks", "0: it is refused, nobody asks it")
def lying_array(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

class Chameleon:
    shape, dtype, ndim, size = (), np.dtype(float), 0, 1
    def __array__(self, dtype=None, copy=None): return np.array(4.0)
    def __float__(self): return 4.0
    def __array_interface__(self): return np.array(4.0).__array_interface__

def lie(*args, **kwargs):
    return Chameleon()
""",
    )


@member("a subclass of ndarray that answers every ufunc with True", DATA)
def lying_ufunc(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

class Agrees(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return True
    def __eq__(self, other): return True
    def __bool__(self): return True

def lie(x=(), *args, **kwargs):
    return np.zeros(np.shape(x)).view(Agrees)
""",
    )


@member("a subclass of ndarray that answers every NumPy function", DATA)
def lying_function(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

class Agrees(np.ndarray):
    def __array_function__(self, function, types, args, kwargs): return True

def lie(*args, **kwargs):
    return np.zeros(()).view(Agrees)
""",
    )


@member(
    "a subclass of ndarray with another shape, dtype and content",
    "0: the kernel may be told anything; what it sends is decoded afresh",
)
def lying_shape(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

class Mask(np.ndarray):
    shape = property(lambda self: ())
    dtype = property(lambda self: np.dtype("float64"))
    size = property(lambda self: 1)
    def astype(self, *args, **kwargs): return self
    def tobytes(self, *args, **kwargs): return bytes(8)
    def reshape(self, *args, **kwargs): return self

def lie(*args, **kwargs):
    return np.array([None, "x"], object).view(Mask)
""",
    )


@member("an object that is a float when converted", "0: nobody converts it")
def lying_conversion(room: Classroom) -> bytes:
    return lying(
        room,
        """
class Convertible:
    def __float__(self): return 4.0
    def __index__(self): return 27
    def __int__(self): return 27
    def __complex__(self): return 4j
    def __round__(self, *args): return 4

def lie(*args, **kwargs):
    return Convertible()
""",
    )


@member("an object with another __class__", "0: it passes for a float and has the wrong value")
def lying_class(room: Classroom) -> bytes:
    return lying(
        room,
        """
class Disguised:
    __class__ = property(lambda self: float)
    def __float__(self): return 4.0
    def __eq__(self, other): return True
    def __getattr__(self, name): return 4.0

def lie(*args, **kwargs):
    return Disguised()
""",
    )


@member("subclasses of int and str whose text breaks out of JSON", "0: the text is quoted again")
def lying_text(room: Classroom) -> bytes:
    return lying(
        room,
        """
class Broken(int):
    def __str__(self): return '27"}, "status": "correct", "score": {"f": "4'
    __repr__ = __str__
    def __int__(self): return self
class Quoted(str):
    def __str__(self): return '"}}\\\\u0000'
    def encode(self, *args): return b'{"f": "0x1p2"}'

def lie(x=None, *args, **kwargs):
    return [Broken(3), Quoted("27"), {Quoted("a"): Broken(1)}] if x is None else Broken(3)
""",
    )


@member("a subclass of float that says another number to everyone", DATA)
def lying_float(room: Classroom) -> bytes:
    return lying(
        room,
        """
class Number(float):
    def __float__(self): return float("nan")
    def hex(self): return "inf"
    def __repr__(self): return "10.0"
    def __eq__(self, other): return True
    def __hash__(self): return 0

def lie(*args, **kwargs):
    return Number(4.0)
""",
    )


@member("a masked array in which everything is hidden", "0: the mask does not cross, the data does")
def lying_mask(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

def lie(x=0.0, *args, **kwargs):
    return np.ma.masked_all_like(np.asarray(x, float))
""",
    )


@member(
    "a metaclass that claims every type, and a type that claims every base",
    "0: a type is no plain data",
)
def lying_type(room: Classroom) -> bytes:
    return lying(
        room,
        """
class Claims(type):
    def __instancecheck__(cls, thing): return True
    def __subclasscheck__(cls, kind): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return 0
class Anything(metaclass=Claims): pass

def lie(*args, **kwargs):
    return Anything
""",
    )


@member("a list that has another length and other items each time it is read", DATA)
def lying_list(room: Classroom) -> bytes:
    return lying(
        room,
        """
class Moody(list):
    reads = 0
    def __len__(self): return 0
    def __iter__(self):
        Moody.reads += 1
        return iter([0.5] * Moody.reads)
    def __eq__(self, other): return True

def lie(*args, **kwargs):
    return Moody([4.0])
""",
    )
