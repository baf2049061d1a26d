//! A base map that the operator brings: an archive of tiles on disk, read by ranges, or the address of a style.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, ETAG, RANGE};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::Dashboard;
use super::range::{Range, read_range};
use crate::http::problem::Problem;

/// Where the archive is served.
pub(crate) const ARCHIVE_PATH: &str = "/basemap/own.pmtiles";

/// The most that is read at once: readers ask for a tile or a directory, which are far smaller. More is refused.
const PART_BYTES_MAX: usize = 8 << 20;

/// What such an archive begins with.
const MAGIC: &[u8] = b"PMTiles\x03";

/// A base map that the operator brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basemap {
    /// An archive of tiles (`PMTiles`, version 3).
    Archive(PathBuf),
    /// The address of a style, which the reader's browser loads from there.
    Style(String),
}

impl Basemap {
    /// Reads what was said: an address is that of a style, everything else is a file, which must be an archive.
    ///
    /// # Errors
    /// Where the file cannot be read or is none.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Self::Style(text.to_owned()));
        }
        let path = PathBuf::from(text);
        let mut head = [0; MAGIC.len()];
        let read = File::open(&path).and_then(|file| file.read_exact_at(&mut head, 0));
        read.map_err(|error| format!("`{text}` cannot be read: {error}"))?;
        if head != MAGIC {
            return Err(format!("`{text}` is no archive of tiles (PMTiles, version 3)"));
        }
        Ok(Self::Archive(path))
    }
}

/// Where a page finds the base map.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BasemapResponse {
    /// The address of an archive of tiles.
    tiles: Option<&'static str>,
    /// The address of a style.
    style: Option<String>,
}

impl BasemapResponse {
    /// Where it is.
    pub(crate) fn new(basemap: &Basemap) -> Self {
        match basemap {
            Basemap::Archive(_) => Self {
                tiles: Some(ARCHIVE_PATH),
                style: None,
            },
            Basemap::Style(address) => Self {
                tiles: None,
                style: Some(address.clone()),
            },
        }
    }
}

/// An archive that is open.
pub(super) struct Archive {
    file: Arc<File>,
    length: usize,
    tag: String,
}

impl Archive {
    /// Opens it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        let changed = about.modified()?.duration_since(std::time::UNIX_EPOCH);
        let changed_s = changed.map(|since| since.as_secs()).unwrap_or_default();
        Ok(Self {
            tag: format!("\"{:x}-{changed_s:x}\"", about.len()),
            length: usize::try_from(about.len()).unwrap_or(usize::MAX),
            file: Arc::new(file),
        })
    }
}

/// A part of the archive.
pub(super) async fn get_archive(
    dashboard: Data<Dashboard>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let archive = dashboard.archive.as_ref();
    let archive = archive.ok_or_else(|| Problem::not_found("no base map was brought"))?;
    let length = archive.length;
    let asked = http.headers().get(RANGE).and_then(|value| value.to_str().ok());
    let (from, to) = match asked.map_or(Range::Whole, |text| read_range(text, length)) {
        Range::Part { from, to } if to - from <= PART_BYTES_MAX => (from, to),
        Range::Beyond => {
            return Ok(HttpResponse::RangeNotSatisfiable()
                .insert_header((CONTENT_RANGE, format!("bytes */{length}")))
                .finish());
        }
        Range::Part { .. } | Range::Whole => {
            return Err(Problem::malformed(format!(
                "ask for a range of at most {PART_BYTES_MAX} bytes"
            )));
        }
    };
    let file = Arc::clone(&archive.file);
    let read = web::block(move || {
        let mut bytes = vec![0; to - from];
        file.read_exact_at(&mut bytes, from as u64).map(|()| bytes)
    });
    let bytes = read.await.map_err(|_| Problem::saturated())?;
    let bytes = bytes.map_err(|_| Problem::unavailable("the base map cannot be read", 60))?;
    Ok(HttpResponse::PartialContent()
        .content_type("application/octet-stream")
        .insert_header((ETAG, archive.tag.as_str()))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((CONTENT_RANGE, format!("bytes {from}-{}/{length}", to - 1)))
        .body(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_style_and_a_file_must_be_an_archive() {
        let style = Basemap::read("https://tiles.example/style.json");
        assert_eq!(
            style,
            Ok(Basemap::Style("https://tiles.example/style.json".to_owned()))
        );
        let missing = Basemap::read("/nowhere/map.pmtiles").expect_err("there is none");
        assert!(missing.contains("cannot be read"), "{missing}");
        let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let other = Basemap::read(&other.to_string_lossy()).expect_err("it is none");
        assert!(other.contains("is no archive"), "{other}");
    }
}
