//! The machine's randomness, asked in this one place: keys, shoppers' ids, trace ids. No rule ever sees it.

/// `N` random bytes.
///
/// # Panics
/// When the machine has no randomness to give: nothing could be signed safely then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
