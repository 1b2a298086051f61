"""The instruction that asks memory for something which is going to be needed, for numba."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# Arguments of LLVM's `prefetch`: to be read, to stay in every cache, data and no code.
READ, STAY, DATA = 0, 3, 1


@intrinsic
def prefetch(_: Any, table: Any, place: Any) -> Any:
    """Ask for an item of an array; see `sets.prefetch`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.bitcast(builder.gep(array.data, [arguments[1]]), cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
        builder.call(function, [pointer, *(number(each) for each in (READ, STAY, DATA))])
        return context.get_dummy_value()

    return types.void(table, place), generate
