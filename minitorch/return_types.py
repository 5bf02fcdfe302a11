"""The named tuples that operations with several results return: `torch.return_types.max(values=..., indices=...)`."""

from __future__ import annotations

from operator import itemgetter
from typing import Any


class _ReturnType(tuple[Any, ...]):
    """A tuple whose items have names, and whose repr is torch's. Made of its items, or of one sequence of them."""

    _fields: tuple[str, ...] = ()

    def __new__(cls, *items: Any) -> _ReturnType:
        given = tuple(items[0]) if len(items) == 1 and isinstance(items[0], (tuple, list)) else items
        if len(given) != len(cls._fields):
            raise TypeError(
                f"torch.return_types.{cls.__name__}() takes a {len(cls._fields)}-sequence ({len(given)}-sequence given)"
            )
        return tuple.__new__(cls, given)

    def __repr__(self) -> str:
        items = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{items})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self),)


def named(name: str, *fields: str) -> Any:
    """The return type `name` with these fields; it must be bound under its own name here, or it does not pickle."""
    items = {field: property(itemgetter(k), doc=f"Item {k}.") for k, field in enumerate(fields)}
    return type(name, (_ReturnType,), {"_fields": fields, "__module__": __name__, "__slots__": (), **items})


max = named("max", "values", "indices")
min = named("min", "values", "indices")
median = named("median", "values", "indices")
nanmedian = named("nanmedian", "values", "indices")
mode = named("mode", "values", "indices")
cummax = named("cummax", "values", "indices")
cummin = named("cummin", "values", "indices")
aminmax = named("aminmax", "min", "max")
sort = named("sort", "values", "indices")
topk = named("topk", "values", "indices")
kthvalue = named("kthvalue", "values", "indices")
histogram = named("histogram", "hist", "bin_edges")
linalg_slogdet = named("linalg_slogdet", "sign", "logabsdet")
linalg_eigh = named("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_svd = named("linalg_svd", "U", "S", "Vh")
linalg_qr = named("linalg_qr", "Q", "R")
qr = named("qr", "Q", "R")
geqrf = named("geqrf", "a", "tau")
linalg_lu = named("linalg_lu", "P", "L", "U")
linalg_lu_factor = named("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = named("linalg_lu_factor_ex", "LU", "pivots", "info")
lu_unpack = named("lu_unpack", "P", "L", "U")
linalg_cholesky_ex = named("linalg_cholesky_ex", "L", "info")
linalg_inv_ex = named("linalg_inv_ex", "inverse", "info")
linalg_solve_ex = named("linalg_solve_ex", "result", "info")
triangular_solve = named("triangular_solve", "solution", "cloned_coefficient")
linalg_lstsq = named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
slogdet = named("slogdet", "sign", "logabsdet")
frexp = named("frexp", "mantissa", "exponent")
svd = named("svd", "U", "S", "V")
