/** Turns the bytes of a picture into pixels, upright and with limits. */
import { ApiError, type ImageFile } from 'bentots';
import sharp from 'sharp';

/** A picture in memory: three bytes (red, green, blue) for each pixel, row after row. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Pixels of the largest picture that is read: 40 million take 120 MB, and hold a page of A3 at 300 dpi with room to spare. */
const pixelLimit = 40_000_000;

/** @throws ApiError if it is damaged, of a kind that sharp cannot read, or too large. */
export async function decode(picture: ImageFile): Promise<Pixels> {
  const { width, height } = await picture.size();
  if (width * height > pixelLimit)
    throw new ApiError(
      413,
      `the picture has ${width}×${height} pixels, and at most ${pixelLimit} are read; send it smaller`,
      { code: 'PICTURE_TOO_LARGE' },
    );
  try {
    const { data, info } = await sharp(picture.bytes, { limitInputPixels: pixelLimit })
      .autoOrient() // photographs say in their metadata which side is up
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError(422, `the picture (${picture.type}) cannot be read: ${reason}`, { code: 'PICTURE_UNREADABLE' });
  }
}

/** The same picture in another size. */
export async function resize({ data, ...size }: Pixels, width: number, height: number): Promise<Pixels> {
  const resized = await sharp(data, { raw: { ...size, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return { data: resized, width, height };
}

/** How a network wants its colours: each channel (blue, green, red, as OpenCV has them) is `value / 255 × scale + shift`. */
export interface Normalisation {
  readonly scale: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
}

/** The pixels as the input of a network: one plane for each channel, padded with zeros on the right to `columns`. */
export function toPlanes({ data, width, height }: Pixels, norm: Normalisation, columns = width): Float32Array {
  const planes = new Float32Array(3 * height * columns);
  for (let channel = 0; channel < 3; channel++) {
    const scale = (norm.scale[channel] ?? 0) / 255;
    const shift = norm.shift[channel] ?? 0;
    for (let y = 0; y < height; y++) {
      let from = y * width * 3 + 2 - channel;
      let to = (channel * height + y) * columns;
      for (let x = 0; x < width; x++, from += 3, to++) planes[to] = (data[from] ?? 0) * scale + shift;
    }
  }
  return planes;
}
