"""A run's state as bytes: safetensors, so that reading it can't run anything."""

import ctypes
from typing import Annotated, Any, NamedTuple

import torch
from msgspec import DecodeError, Meta
from msgspec.json import decode, encode
from msgspec.structs import replace
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from tempfit_tui.frame import Value
from tempfit_tui.recipe import Recipe, Seed
from tempfit_tui.settings import is_live, live_settings, with_settings
from tempfit_tui.text import InputError
from tempfit_tui.training.optimizer import fits

_Epoch = Annotated[int, Meta(ge=0)]
_PREFIX = "optimizer."
_DTYPES = {torch.float32: "F32", torch.uint8: "U8"}


class State(NamedTuple):
    """All that going on from an epoch needs; the losses so far are not in it."""

    epoch: int
    settings: dict[str, Value]
    """The live settings in force, by their dotted names."""
    parameters: Tensor
    optimizer: dict[str, Tensor]
    """The optimizer's state by torch.optim's names."""
    generator: Tensor
    """The state of the generator that noise, dropout and mini-batches are drawn with."""


def _seeded(seed: int) -> Tensor:
    return torch.Generator().manual_seed(seed).get_state()


def settings_of(state: State, now: Recipe, weights: Tensor) -> Recipe:
    """Return the settings that led to `state`, of a run with such parameters and settings `now`.

    Raises:
        InputError: it isn't a state of such a run.
    """
    if state.parameters.shape != weights.shape:
        raise InputError("checkpoint: of another model; start the run anew")
    # A state of an older version lacks later settings: it was made with what is their default.
    known = {**live_settings(Recipe()), **state.settings}
    live = {name: value for name, value in known.items() if is_live(name)}
    led = with_settings(replace(now, changes=[]), live, "checkpoint")
    if not fits(state.optimizer, led.training, state.parameters):
        raise InputError("checkpoint: of another optimizer; start the run anew")
    return led


def packed(state: State) -> bytes:
    """Return `state` as bytes."""
    tensors = {_PREFIX + name: part for name, part in state.optimizer.items()}
    metadata = {"epoch": str(state.epoch), "settings": encode(state.settings).decode()}
    generator = torch.Generator()
    generator.set_state(state.generator)
    if torch.equal(_seeded(generator.initial_seed()), state.generator):
        # Nothing has been drawn: the seed says it in a thousandth of the bytes.
        metadata["seed"] = str(generator.initial_seed())
    else:
        tensors["generator"] = state.generator
    return _safetensors({"parameters": state.parameters, **tensors}, metadata)


def _safetensors(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    """Return tensors in safetensors' format: the header's length, the header, the numbers.

    Its library needs NumPy to write, but not to read.
    """
    header: dict[str, Any] = {"__metadata__": metadata}
    numbers = b""
    for name, tensor in tensors.items():
        begin, numbers = len(numbers), numbers + bytes_of(tensor)
        header[name] = {
            "dtype": _DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, len(numbers)],
        }
    told = encode(header)
    told += b" " * (-len(told) % 8)
    return len(told).to_bytes(8, "little") + told + numbers


def bytes_of(tensor: Tensor) -> bytes:
    """Return the numbers of a tensor on the CPU as they are in memory."""
    whole = tensor.contiguous()
    return ctypes.string_at(whole.data_ptr(), whole.nbytes)


def unpacked(checkpoint: bytes) -> State:
    """Return what `packed` was given.

    Raises:
        InputError: the bytes aren't a checkpoint.
    """
    try:
        tensors = load(checkpoint)
        # safetensors.torch.load leaves the metadata aside; it is in the header, which is JSON.
        length = int.from_bytes(checkpoint[:8], "little")
        metadata: dict[str, Any] = decode(checkpoint[8 : 8 + length])["__metadata__"]
        if "generator" not in tensors:
            tensors["generator"] = _seeded(decode(metadata["seed"], type=Seed))
        torch.Generator().set_state(tensors["generator"])  # refuses what is none
        return State(
            epoch=decode(metadata["epoch"], type=_Epoch),
            settings=decode(metadata["settings"], type=dict[str, Value]),
            parameters=tensors.pop("parameters"),
            generator=tensors.pop("generator"),
            optimizer={name.removeprefix(_PREFIX): part for name, part in tensors.items()},
        )
    except (SafetensorError, DecodeError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise InputError(f"checkpoint: damaged ({error}); start the run anew") from error
