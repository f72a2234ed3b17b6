//! Pictures of environments that are not ours, made small enough to travel.

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbImage};
use shared::event::{Image, ImageFormat};

/// Most pixels a side; a larger picture is made smaller.
pub const MOST_SIDE: u32 = 1024;
/// Most bytes of a file that travels as it is.
pub const MOST_BYTES: usize = 1 << 20;
/// Of 100: lines stay clean, and a picture of 600 x 400 pixels takes some 15 kB.
const QUALITY: u8 = 85;

/// A picture at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedPicture {
    /// What it is logged as.
    pub name: String,
    /// Words for it.
    pub caption: Option<String>,
    /// Steps of the run.
    pub step: u64,
    /// What is on it.
    pub content: PictureContent,
}

/// What is on a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum PictureContent {
    /// Red, green and blue of every pixel, row by row.
    Pixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// `[height][width][3]`.
        colours: Vec<u8>,
    },
    /// A file.
    File(Vec<u8>),
}

/// Why a picture cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The pixels are not as many as they should be.
    #[error("a picture of {width} x {height} pixels has {expected} colours, not {found}")]
    Pixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: usize,
    },
    /// The file is of another format.
    #[error("a picture that is shown is a JPEG, PNG or WebP file")]
    Format,
    /// The file is large.
    #[error("a picture of {0} bytes is not shown: at most {MOST_BYTES}; give its pixels instead of the file")]
    Large(usize),
    /// The encoder refuses it.
    #[error("a picture cannot be encoded: {0}")]
    Encoder(String),
}

impl LoggedPicture {
    /// As it travels.
    pub(super) fn encoded(self) -> Result<Image, PictureError> {
        let (format, content) = match self.content {
            PictureContent::Pixels { width, height, colours } => (ImageFormat::Jpeg, jpeg(width, height, colours)?),
            PictureContent::File(file) => (format(&file)?, file),
        };
        let Self { name, caption, step, .. } = self;
        Ok(Image { name, format, caption, step, content: content.into() })
    }
}

fn jpeg(width: u32, height: u32, colours: Vec<u8>) -> Result<Vec<u8>, PictureError> {
    let (expected, found) = ((u64::from(width) * u64::from(height)).saturating_mul(3), colours.len());
    let no = || PictureError::Pixels { width, height, expected, found };
    let whole = RgbImage::from_raw(width, height, colours).filter(|_| expected == found as u64 && expected > 0);
    let mut picture = DynamicImage::from(whole.ok_or_else(no)?);
    if width.max(height) > MOST_SIDE {
        picture = picture.thumbnail(MOST_SIDE, MOST_SIDE);
    }
    let mut file = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
    picture.write_with_encoder(encoder).map_err(|error| PictureError::Encoder(error.to_string()))?;
    Ok(file)
}

/// The format of a file, by its first bytes.
fn format(file: &[u8]) -> Result<ImageFormat, PictureError> {
    if file.len() > MOST_BYTES {
        return Err(PictureError::Large(file.len()));
    }
    match file {
        [0xff, 0xd8, 0xff, ..] => Ok(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Ok(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(ImageFormat::Webp),
        _ => Err(PictureError::Format),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat as FileFormat;

    fn pixels(width: u32, height: u32, colours: Vec<u8>) -> LoggedPicture {
        let content = PictureContent::Pixels { width, height, colours };
        LoggedPicture { name: "picture".into(), caption: None, step: 3, content }
    }

    #[test]
    fn pixels_travel_as_a_jpeg_that_shows_them() {
        let red: Vec<u8> = [200, 30, 30].repeat(64 * 48);
        let shown = pixels(64, 48, red).encoded().unwrap();
        assert_eq!((shown.format, shown.step), (ImageFormat::Jpeg, 3));
        let read = image::load_from_memory_with_format(&shown.content, FileFormat::Jpeg).unwrap().to_rgb8();
        assert_eq!(read.dimensions(), (64, 48));
        let middle = read.get_pixel(32, 24).0;
        assert!(middle.iter().zip([200, 30, 30]).all(|(it, expected)| it.abs_diff(expected) < 8), "{middle:?}");
    }

    #[test]
    fn a_large_picture_is_made_smaller() {
        let shown = pixels(4096, 1024, vec![90; 4096 * 1024 * 3]).encoded().unwrap();
        let read = image::load_from_memory_with_format(&shown.content, FileFormat::Jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (1024, 256));
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let expected = 2 * 2 * 3;
        let error = pixels(2, 2, vec![0; 11]).encoded().unwrap_err();
        assert_eq!(error, PictureError::Pixels { width: 2, height: 2, expected, found: 11 });
        assert!(matches!(pixels(0, 2, Vec::new()).encoded(), Err(PictureError::Pixels { .. })));
        assert!(matches!(pixels(u32::MAX, u32::MAX, vec![0; 3]).encoded(), Err(PictureError::Pixels { .. })));
        let file =
            |bytes: &[u8]| LoggedPicture { content: PictureContent::File(bytes.into()), ..pixels(1, 1, Vec::new()) };
        assert_eq!(file(b"GIF89a").encoded().unwrap_err(), PictureError::Format);
        assert_eq!(file(&vec![0xff; MOST_BYTES + 1]).encoded().unwrap_err(), PictureError::Large(MOST_BYTES + 1));
        assert_eq!(file(b"RIFF....WEBPVP8 ").encoded().unwrap().format, ImageFormat::Webp);
        assert_eq!(file(b"\x89PNG\r\n\x1a\n").encoded().unwrap().format, ImageFormat::Png);
    }
}
