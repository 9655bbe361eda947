"""The loader that ours is compared with: PIL and torch's DataLoader doing the same work on the same pairs.
Called by tools/bench-data.mjs: python bench-data-peer.py PAIRS.json WORKERS BATCH SIZE EPOCHS"""
import json, random, sys, time
import numpy as np, torch
from PIL import Image

pairs = json.load(open(sys.argv[1]))
workers, batch, size, epochs = map(int, sys.argv[2:6])
MEAN = {"rgb": ([.485, .456, .406], [.229, .224, .225]), "ir": ([.5338] * 3, [.2519] * 3)}
MEAN = {k: (torch.tensor(m).view(3, 1, 1), torch.tensor(s).view(3, 1, 1)) for k, (m, s) in MEAN.items()}


class Pairs(torch.utils.data.Dataset):
    def __len__(self):
        return len(pairs)

    def __getitem__(self, index):
        h, w = random.uniform(.4, 1), random.uniform(.4, 1)
        top, left, flip = random.uniform(0, 1 - h), random.uniform(0, 1 - w), random.random() < .5
        out = []
        for kind, file in (("rgb", pairs[index]["vi"]), ("ir", pairs[index]["ir"])):
            image = Image.open(file).convert("RGB" if kind == "rgb" else "L").convert("RGB")
            W, H = image.size
            box = (int(left * W), int(top * H), int((left + w) * W), int((top + h) * H))
            image = image.crop(box).resize((size, size), Image.BICUBIC)
            if flip:
                image = image.transpose(Image.FLIP_LEFT_RIGHT)
            mean, std = MEAN[kind]
            out.append((torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255 - mean) / std)
        return out


torch.set_num_threads(1)
loader = torch.utils.data.DataLoader(Pairs(), batch, shuffle=True, num_workers=workers, drop_last=True,
                                     persistent_workers=workers > 0)
for _ in loader:  # the first epoch starts the workers
    pass
count, started = 0, time.perf_counter()
for _ in range(epochs):
    for rgb, _ in loader:
        count += len(rgb)
print(json.dumps({"per_second": count / (time.perf_counter() - started)}))
