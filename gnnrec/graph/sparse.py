"""Fixed sparse structures on which dense rows are multiplied; shared by propagation and pair scoring."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

INT32_MAX = 2**31 - 1


@dataclass(frozen=True)
class Structure:
    """Where the entries of a sparse matrix [rows, columns] are, in compressed rows.

    Attributes:
        crow: int32 or int64 [rows + 1], where each row starts.
        col: The same dtype [E], the column of each entry, ascending within a row (but see `by_row`).
        order: int64 [E], which of the given pairs each entry is.
        shape: (rows, columns).
    """

    crow: Tensor
    col: Tensor
    order: Tensor
    shape: tuple[int, int]

    @classmethod
    def of(cls, rows: Tensor, columns: Tensor, shape: tuple[int, int]) -> Structure:
        """Compress pairs given as two int64 [E]; a pair may stand more than once."""
        keys = rows * shape[1] + columns
        if rows.device.type == "cpu" and bool((keys[1:] >= keys[:-1]).all()):
            del keys  # as large as all that is kept
            return cls.by_row(rows, columns, shape)
        order = torch.argsort(keys, stable=True)
        del keys
        index = _index_dtype(shape, len(order))
        return cls(_crow(rows, shape[0], index), columns[order].to(index), order, shape)

    @classmethod
    def by_row(cls, rows: Tensor, columns: Tensor, shape: tuple[int, int]) -> Structure:
        """The same on CPU without sorting where rows ascend; then columns of a row stay in the order they came in."""
        if rows.device.type != "cpu" or not bool((rows[1:] >= rows[:-1]).all()):  # elsewhere to ask would be to wait
            return cls.of(rows, columns, shape)
        index = _index_dtype(shape, len(rows))
        order = torch.arange(len(rows), device=rows.device)
        return cls(_crow(rows, shape[0], index), columns.to(index), order, shape)

    def transposed(self) -> Structure:
        """The transposed matrix; its `order` tells which entry of this one each entry is."""
        rows = torch.repeat_interleave(self.crow.diff(), output_size=len(self.col))
        order = torch.argsort(self.col, stable=True)
        crow = _crow(self.col, self.shape[1], self.crow.dtype)
        return Structure(crow, rows[order].to(self.col.dtype), order, (self.shape[1], self.shape[0]))

    def rows(self, chosen: Tensor) -> Structure:
        """Some rows, int64 [B]; its `order` tells which entry of this one each entry is."""
        start, counts = self.crow[chosen].long(), (self.crow[chosen + 1] - self.crow[chosen]).long()
        crow = torch.zeros(len(chosen) + 1, dtype=torch.int64, device=chosen.device)
        crow[1:] = counts.cumsum(0)
        order = torch.repeat_interleave(start - crow[:-1], counts)
        order += torch.arange(len(order), device=chosen.device)
        return Structure(crow.to(self.crow.dtype), self.col[order], order, (len(chosen), self.shape[1]))

    def matrix(self, values: Tensor) -> Tensor:
        """The CSR tensor with these values, one for each entry in compressed order: [rows, columns]."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
            warnings.filterwarnings("ignore", message="Sparse invariant checks")
            return torch.sparse_csr_tensor(self.crow, self.col, values, self.shape, check_invariants=False)


def _index_dtype(shape: tuple[int, int], entries: int) -> torch.dtype:
    # MKL's products take 32-bit indices as they are; 64-bit ones would be several times slower.
    return torch.int32 if max(*shape, entries) <= INT32_MAX else torch.int64


def _crow(rows: Tensor, count: int, dtype: torch.dtype) -> Tensor:
    crow = torch.zeros(count + 1, dtype=dtype, device=rows.device)
    crow[1:] = counted(rows, count).cumsum(0)
    return crow


def counted(ids: Tensor, count: int, weights: Tensor | None = None) -> Tensor:
    """`torch.bincount` of ids below `count`, int64 [N] or like `weights`, for which no device is waited for."""
    if ids.device.type == "cpu":
        return torch.bincount(ids, weights, minlength=count)
    ones = torch.ones(1, dtype=torch.int64, device=ids.device).expand(len(ids))
    each = ones if weights is None else weights
    return each.new_zeros(count).index_add_(0, ids, each)


def incidence(rows: Tensor, columns: Tensor, shape: tuple[int, int]) -> Tensor:
    """A CSR float32 [rows, columns] with a one at each of the given pairs, two int64 [E]."""
    return Structure.of(rows, columns, shape).matrix(torch.ones(len(rows), device=rows.device))


def product(matrix: Tensor, dense: Tensor) -> Tensor:
    """CSR [R, C] times dense [C, D]: [R, D]. `matrix @ dense` would fill its result with zeros first and copy them."""
    return dense.new_empty(matrix.size(0), dense.size(1)).addmm_(matrix, dense, beta=0)


def has_sparse_products(device: torch.device) -> bool:
    """Whether sparse × dense products run on `device`; MPS, for one, has none."""
    return device.type in {"cpu", "cuda"}


def version_of(tensor: Tensor) -> int:
    """A number that grows when the tensor is changed in place."""
    return 0 if tensor.is_inference() else tensor._version  # noqa: SLF001 - torch has no public name for it


Made = TypeVar("Made")


class PerTensor:
    """Remembers what was computed from a tensor for as long as the tensor lives and is not changed in place."""

    def __init__(self) -> None:
        self._made: WeakTensorKeyDictionary = WeakTensorKeyDictionary()

    def get(self, tensor: Tensor, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What `make` gives for this tensor and key; made on the first call."""
        version = version_of(tensor)
        seen, entries = self._made.get(tensor, (None, {}))  # type: ignore[no-untyped-call]
        if seen != version:
            entries = {}
            self._made[tensor] = (version, entries)
        if key not in entries:
            entries[key] = make()
        made: Made = entries[key]
        return made
