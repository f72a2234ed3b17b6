//! Steps allocate nothing, counted by the allocator itself.

use crate::{choose, choose_any, for_every_environment, seed};
use environments::registry::EnvironmentVisitor;
use environments::{Environment, Generator, Step};
use shared::action::Action;

const STEPS: usize = 500;

struct Counted(String);

impl EnvironmentVisitor for Counted {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let description = environment.describe();
        let mut observation = vec![0.0; description.observation.len()];
        let mut counters = vec![0.0; description.counters.len()];
        let mut player = Generator::new(seed(6));
        for number in 0..5 {
            environment.reset(seed(number));
            let boxed = (environment.action_count() == 0).then(|| choose_any(&environment, &mut player));
            let counted = allocation_counter::measure(|| {
                for _ in 0..STEPS {
                    let discrete = boxed.is_none().then(|| Action::Discrete(choose(&environment, &mut player)));
                    let action = discrete.as_ref().or(boxed.as_ref()).expect("one of the two");
                    let ended = environment.step_any(action.as_ref()).is_ok_and(Step::ended);
                    environment.observe(&mut observation);
                    environment.counters(&mut counters);
                    if ended {
                        break;
                    }
                }
            });
            assert_eq!(counted.count_total, 0, "{}: {counted:?}", self.0);
        }
    }
}

#[test]
fn steps_and_observations_allocate_nothing() {
    for_every_environment(|name, _| Counted(name));
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8; 10])));
    assert_eq!(counted.count_total, 1);
}
