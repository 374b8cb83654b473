//! Controls for the checker: honest histories it must accept, and for every rule a history made by a build that breaks it on
//! purpose, which it must reject by that rule's name. They run the real records, fold and view; only the fault is made up.

mod embedded;
mod faults;
mod rows;
mod script;
mod system;

use queue_audit::Rule;
use script::played;
use std::collections::BTreeMap;
use system::Shop;

#[test]
fn honest_histories_are_accepted() {
    let mut checked: BTreeMap<Rule, u64> = BTreeMap::new();
    for seed in 0..60 {
        let report = played(seed, Shop::Honest, |_| ()).audit();
        assert!(report.is_clean(), "seed {seed}:\n{report}");
        Rule::ALL
            .iter()
            .for_each(|rule| *checked.entry(*rule).or_default() += report.findings(*rule).checked);
    }
    // An audit that looks at nothing accepts everything.
    assert!(checked.values().all(|checked| *checked > 50), "{checked:?}");
}
