"""Writes the tars of fixtures/shards: what Python's tarfile makes of long names, in both of its formats.

    python3 tools/python-shards.py fixtures/shards
"""

import io
import struct
import sys
import tarfile
import zlib


def png(grey):
    """A PNG of 2 × 2 pixels of one grey."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = bytes([0, grey, grey]) * 2
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


for name, layout in (("pax", tarfile.PAX_FORMAT), ("gnu", tarfile.GNU_FORMAT)):
    with tarfile.open(f"{sys.argv[1]}/python-{name}.tar", "w", format=layout) as tar:
        for grey, key in ((10, "short"), (20, "d" * 60 + "/" + "ü" * 30 + "é" * 30)):
            for modality, value in (("vi", grey), ("ir", grey + 1)):
                data = png(value)
                member = tarfile.TarInfo(f"{key}.{modality}.png")
                member.size = len(data)
                member.mtime = 1.5 if name == "pax" else 1  # a fraction is a pax attribute of its own
                tar.addfile(member, io.BytesIO(data))
