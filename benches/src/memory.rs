//! How much memory a run takes: what the system says the process holds.

use std::fs;

/// Bytes of this process that are in memory; 0 where the system does not tell.
///
/// Counts pages that were touched, not what was reserved, so it is the same question for every peer whatever its allocator.
#[must_use]
pub fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    resident_in(&status).unwrap_or(0)
}

/// Reads the `VmRSS` line of `/proc/self/status`, which counts in KiB.
fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_system_says() {
        assert_eq!(
            resident_in("Name:\tphold\nVmRSS:\t    2048 kB\nRssAnon:\t1 kB\n"),
            Some(2 << 20)
        );
        assert_eq!(resident_in("Name:\tphold\n"), None);
    }

    #[test]
    fn grows_with_what_is_touched() {
        let before = resident_bytes();
        let touched = vec![1_u8; 64 << 20];
        assert!(before == 0 || resident_bytes() >= before + (touched.len() / 2) as u64);
    }
}
