/** Writes small PNG files for the mock server: a colored disk on gray, different for each seed. */
import { crc32 } from "node:zlib";
import { deflateSync } from "node:zlib";

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  const checksum = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** An RGB image of `side` by `side` pixels. */
export function makePng(side: number, seed: number): Buffer {
  const color = [(seed * 67) % 256, (seed * 131) % 256, (seed * 29) % 256];
  const radius = side * (0.2 + 0.25 * ((seed * 0.37) % 1));
  const rows = Array.from({ length: side }, (_, y) => {
    const row = Buffer.alloc(1 + 3 * side, 150);
    row[0] = 0;
    for (let x = 0; x < side; x += 1) {
      if (Math.hypot(x - side / 2, y - side / 2) < radius) row.set(color, 1 + 3 * x);
    }
    return row;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))]);
}
