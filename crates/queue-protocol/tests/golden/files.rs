//! The format of golden files: hexadecimal digits, and lines after a `#` for people. Shared with the program that writes them.

use std::path::{Path, PathBuf};
use std::{fs, str};

/// Where golden files are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The lines of a golden file that are not for people.
pub(crate) fn lines(path: &Path) -> Vec<String> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The bytes of a golden file.
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    unhex(&lines(path).concat())
}

/// Digits as bytes.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "half a byte in {digits}");
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            let pair = str::from_utf8(pair).expect("digits");
            u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{pair} is no byte"))
        })
        .collect()
}

/// Bytes as digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The golden files of a folder: name without ending, and bytes.
pub(crate) fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry of the folder").path();
            assert_eq!(path.extension(), Some("hex".as_ref()), "{}", path.display());
            let name = path.file_stem().expect("a name").to_string_lossy();
            (name.into_owned(), bytes(&path))
        })
        .collect();
    files.sort();
    files
}
