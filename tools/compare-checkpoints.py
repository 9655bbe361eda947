#!/usr/bin/env python3
"""Does PyTorch read a checkpoint that UNIV wrote, and are two checkpoints the same numbers under the same names?

    python tools/compare-checkpoints.py ours.safetensors theirs.pth

Needs torch and safetensors; for maintainers only. Prints one line; exit code 1 where names, shapes or numbers differ.
"""
import sys
import torch
from safetensors.torch import load_file


def read(path):
    if path.endswith(".safetensors"):
        return load_file(path)
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("model", "student", "state_dict"):
        state = state.get(key, state)
    return state


ours, theirs = read(sys.argv[1]), read(sys.argv[2])
names = sorted(set(ours) ^ set(theirs))
shapes = [name for name in ours if name in theirs and ours[name].shape != theirs[name].shape]
if names or shapes:
    sys.exit(f"names on one side only: {names[:5]}; other shapes: {shapes[:5]}")
worst = max((ours[name].float() - theirs[name].float()).abs().max().item() for name in ours)
print(f"{len(ours)} tensors, largest difference {worst}")
sys.exit(worst > 0)
