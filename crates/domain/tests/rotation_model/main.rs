//! Refresh rotation under every kind of event: racing processes, lost answers, thieves, access tokens in use,
//! sign-outs, a restored store and clocks that disagree. In every interleaving the contract ("Refresh
//! rotation") holds, and the five values in a session's row lead to the same verdict as its full history.
//!
//! Every run tries the same interleavings. To search for others: `PROPTEST_RNG_SEED=$RANDOM
//! PROPTEST_CASES=10000 cargo nextest run -p keywright-domain rotation_model`.

#[cfg(test)]
mod history;
#[cfg(test)]
mod interleaving;
#[cfg(test)]
mod world;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use self::interleaving::{interleavings, rules};
use self::world::World;

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(2_026), ..Config::default() }
}

proptest! {
    #![proptest_config(config(768))]

    #[test]
    fn the_contract_holds_for_every_interleaving(rules in rules(), interleaving in interleavings()) {
        let mut world = World::new(rules);

        for happening in interleaving {
            world.happen(happening)?;
        }

        world.check_everything()?;
    }
}

/// Guards against a vacuous pass of the test above.
#[test]
fn the_interleavings_reach_every_case_of_the_contract() {
    let mut runner = TestRunner::new(config(1));
    let mut reached = world::SecurityCounters::default();

    for _ in 0..128 {
        let given = (rules(), interleavings()).new_tree(&mut runner).unwrap();
        let (rules, interleaving) = given.current();
        let mut world = World::new(rules);
        for happening in interleaving {
            world.happen(happening).unwrap();
        }
        reached.add(&world.tally);
    }

    let rare: Vec<_> = reached.counts().into_iter().filter(|(_, count)| *count < 10).collect();
    assert!(rare.is_empty(), "{rare:?} of {reached:?}");
}
