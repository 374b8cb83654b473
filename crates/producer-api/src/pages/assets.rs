//! Styles, scripts and icons, embedded in the binary and addressed by what is in them: the folder's name is a hash of all of them, so an address never changes its content.

use super::accent;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Where assets are served; what follows is the name for [`Assets::get`].
pub const ASSET_PREFIX: &str = "/assets/";

/// How long a browser may keep an asset: for ever, because another content has another address.
pub const ASSET_CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

macro_rules! embed {
    ($($name:literal : $from:literal as $kind:literal),* $(,)?) => {
        &[$(File { name: $name, content_type: $kind, bytes: include_bytes!(concat!("../../../../web/", $from)) }),*]
    };
}

const FILES: &[File] = embed![
    "banjjak.css": "css/banjjak.css" as "text/css; charset=utf-8",
    "app.js": "js/app.js" as "text/javascript; charset=utf-8",
    "actions.js": "js/actions.js" as "text/javascript; charset=utf-8",
    "alerts.js": "js/alerts.js" as "text/javascript; charset=utf-8",
    "error.js": "js/error.js" as "text/javascript; charset=utf-8",
    "link.js": "js/link.js" as "text/javascript; charset=utf-8",
    "paint.js": "js/paint.js" as "text/javascript; charset=utf-8",
    "rows.js": "js/rows.js" as "text/javascript; charset=utf-8",
    "store.js": "js/store.js" as "text/javascript; charset=utf-8",
    "view.js": "js/view.js" as "text/javascript; charset=utf-8",
    "words.js": "js/words.js" as "text/javascript; charset=utf-8",
    "icon.svg": "icons/icon.svg" as "image/svg+xml",
    "icon-turn.svg": "icons/icon-turn.svg" as "image/svg+xml",
];

#[derive(Debug)]
struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

/// What to answer for an asset's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The body.
    pub bytes: Vec<u8>,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `ETag`, quotes included.
    pub etag: String,
}

/// All assets of this build, as they are sent.
#[derive(Debug, Clone)]
pub struct Assets {
    hash: String,
    files: Arc<[(&'static File, Vec<u8>)]>,
}

impl Assets {
    /// Prepares and hashes the embedded files; cheap enough for every start.
    pub fn new() -> Self {
        let files: Arc<[_]> = FILES.iter().map(|file| (file, lean(file))).collect();
        let mut hasher = Sha256::new();
        for (file, bytes) in files.iter() {
            hasher.update(file.name.as_bytes());
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
        let hash = hasher
            .finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self { hash, files }
    }

    /// The address of an asset by its plain name (`app.js`, `accent-a8325a.css`).
    pub fn address(&self, name: &str) -> String {
        format!("{ASSET_PREFIX}{}/{name}", self.hash)
    }

    /// The asset at `path`, which is what follows [`ASSET_PREFIX`]; nothing for another build's or an unknown name.
    pub fn get(&self, path: &str) -> Option<Asset> {
        let name = path.strip_prefix(self.hash.as_str())?.strip_prefix('/')?;
        let etag = format!("\"{}-{name}\"", self.hash);
        if let Some((file, bytes)) = self.files.iter().find(|(file, _)| file.name == name) {
            return Some(Asset {
                bytes: bytes.clone(),
                content_type: file.content_type,
                etag,
            });
        }
        let digits = name.strip_prefix("accent-")?.strip_suffix(".css")?;
        let css = accent::stylesheet(digits).filter(|_| !digits.starts_with('#'))?;
        Some(Asset {
            bytes: css.into_bytes(),
            content_type: "text/css; charset=utf-8",
            etag,
        })
    }

    /// The names of all embedded files.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|file| file.name)
    }
}

impl Default for Assets {
    fn default() -> Self {
        Self::new()
    }
}

/// A text file without the lines and indentation that are only for those who read the source. No line of ours is inside a
/// string, so what stands on a line of its own as a comment is one.
fn lean(file: &File) -> Vec<u8> {
    let Ok(source) = std::str::from_utf8(file.bytes) else {
        return file.bytes.to_vec();
    };
    let mut out = String::with_capacity(source.len());
    let mut inside = false;
    for line in source.lines().map(str::trim) {
        let opens = line.starts_with("/*") && !line.contains("*/");
        let comment = inside
            || opens
            || line.starts_with("//")
            || (line.starts_with("/*") && line.ends_with("*/"));
        inside = (inside || opens) && !line.contains("*/");
        if !comment && !line.is_empty() {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_at_its_own_address_and_nowhere_else() {
        let assets = Assets::new();
        for name in Assets::names() {
            let address = assets.address(name);
            let path = address
                .strip_prefix(ASSET_PREFIX)
                .expect("addresses are below the prefix");
            assert!(
                !assets
                    .get(path)
                    .expect("the file is there")
                    .bytes
                    .is_empty(),
                "{name}"
            );
        }
        for odd in ["app.js", "0000000000000000/app.js", "../Cargo.toml", ""] {
            assert_eq!(assets.get(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_colour_has_a_stylesheet_and_what_is_none_has_not() {
        let assets = Assets::new();
        let path = |name: &str| assets.address(name).replacen(ASSET_PREFIX, "", 1);
        assert!(assets.get(&path("accent-a8325a.css")).is_some());
        assert_eq!(assets.get(&path("accent-#a8325a.css")), None);
        assert_eq!(assets.get(&path("accent-}.css")), None);
    }

    #[test]
    fn comments_stay_at_home_and_code_does_not() {
        let file = File { name: "x.js", content_type: "", bytes: b"// a\n/** one line */\n/**\n * b\n */\nconst x = /** @type {T} */ (y); // c\n  f();\n" };
        assert_eq!(lean(&file), b"const x = /** @type {T} */ (y); // c\nf();\n");
    }

    #[test]
    fn styles_and_scripts_stay_small() {
        let total: usize = Assets::new()
            .files
            .iter()
            .map(|(_, bytes)| bytes.len())
            .sum();
        assert!(
            total < 66_000,
            "{total} bytes leave no room for the page within 100 KB"
        );
    }
}
