"""PyTorch as a peer of the benchmark, in its best mode: eager, channels_last, fused Adam. See protocol.md.

Needs: pip install torch numpy.
"""
import json
import os
import platform
import sys
import time

THREADS = int(os.environ.get("BENCH_THREADS", "2"))
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))

import torch  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(THREADS)


class PoolSame(nn.Module):
    """Keras's AveragePooling2D((2, 2), strides=1, padding="same"): pads at the end, divides by the real pixels."""

    def forward(self, x):
        return nn.functional.avg_pool2d(nn.functional.pad(x, (0, 1, 0, 1), mode="replicate"), 2, stride=1)


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.shortcut = None
        if before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.second_norm(self.second(torch.relu(self.first_norm(self.first(x)))))
        return torch.relu(y + (x if self.shortcut is None else self.shortcut(x)))


def network(number):
    if number == 1:
        shape = (1, 28, 28)
        stack = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                 nn.Flatten(), nn.Linear(1600, 10)]
    elif number == 2:
        shape = (3, 32, 32)
        stack = [nn.Conv2d(3, 16, 5), nn.ReLU(), nn.AvgPool2d(3, 2), nn.Conv2d(16, 32, 3), nn.ReLU(), PoolSame(),
                 nn.Flatten(), nn.Linear(3872, 10)]
    elif number == 3:
        shape = (3, 64, 64)
        stack = [nn.Conv2d(3, 64, 3), nn.ReLU(), nn.Conv2d(64, 128, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                 nn.Flatten(), nn.Linear(128, 10)]
    else:
        shape = (3, 32, 32)
        blocks = [Block(16, 16, 1) for _ in range(3)]
        blocks += [Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1)]
        blocks += [Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1)]
        stack = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                 nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*stack).to(memory_format=torch.channels_last), shape


class Peer:
    def hello(self, _):
        return {"name": "PyTorch", "versions": {"torch": torch.__version__, "python": platform.python_version()}}

    def prepare(self, request):
        started = time.perf_counter()
        torch.manual_seed(0)
        self.model, shape = network(request["network"])
        self.optimizer = torch.optim.Adam(self.model.parameters(), fused=True)
        self.steps, self.mode = request["steps"], request["mode"]
        batch = request["batch"]
        images = [torch.rand(batch, *shape).to(memory_format=torch.channels_last) for _ in range(min(8, self.steps))]
        labels = [torch.randint(0, 10, (batch,)) for _ in images]
        self.batches = list(zip(images, labels))
        self.model.train(self.mode == "train")
        self.sample(request)
        self.sample(request)
        return {"ready": True, "seconds": time.perf_counter() - started}

    def sample(self, _):
        started = time.perf_counter()
        for step in range(self.steps):
            images, labels = self.batches[step % len(self.batches)]
            if self.mode == "train":
                self.optimizer.zero_grad(set_to_none=True)
                nn.functional.cross_entropy(self.model(images), labels).backward()
                self.optimizer.step()
            else:
                with torch.inference_mode():
                    torch.softmax(self.model(images), 1)
        return {"ms": 1000 * (time.perf_counter() - started) / self.steps}


def serve(peer):
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "end":
            return
        print("@ " + json.dumps(getattr(peer, request["do"])(request)), flush=True)


if __name__ == "__main__":
    serve(Peer())
