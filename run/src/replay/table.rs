//! The steps of an episode as a table.

use super::{ReplayError, walk};
use environments::Environment as _;
use shared::csv::CsvTable;
use shared::episode::RecordedEpisode;
use shared::spec::EnvironmentSpec;

/// The steps of an episode as CSV, one a row, the start first: step, action, reward, return so far, discrete state,
/// whether the episode terminated or was cut there, and every entry of the observation under its name.
///
/// # Errors
/// If the episode does not play.
pub fn csv_of_steps(spec: &EnvironmentSpec, recorded: &RecordedEpisode) -> Result<String, ReplayError> {
    let mut table = CsvTable::default();
    let (mut step, mut episodic_return) = (0_u64, 0.0);
    let (mut described, mut observed) = (None, Vec::new());
    walk(spec, recorded.seed, &recorded.actions, &mut |environment, taken| {
        let description = described.get_or_insert_with(|| environment.describe());
        if taken.is_none() {
            observed.resize(description.observation.len(), 0.0);
            for column in ["step", "action", "reward", "return", "state", "terminated", "truncated"] {
                table.cell(&column);
            }
            for entry in &description.observation {
                table.cell(&entry.name);
            }
            table.end_row();
        }
        let (action, reward, terminated, truncated) = match taken {
            Some((action, made)) => (description.name_of(action), made.reward, made.terminated, made.truncated),
            None => (String::new(), 0.0, false, false),
        };
        episodic_return += reward;
        let state = if description.states.is_some() { environment.state().to_string() } else { String::new() };
        table.cell(&step).cell(&action).cell(&reward).cell(&episodic_return).cell(&state);
        table.cell(&terminated).cell(&truncated);
        environment.observe(&mut observed);
        for value in &observed {
            table.cell(value);
        }
        table.end_row();
        step += 1;
    })?;
    Ok(table.take())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::action::Actions;
    use shared::episode::Kept;
    use shared::parameter::Parameters;
    use shared::quantity::Seed;

    #[test]
    fn every_step_is_a_row_with_what_was_observed() {
        let spec = EnvironmentSpec { id: "gridworld".into(), parameters: Parameters::new() };
        let recorded = RecordedEpisode {
            kept: Kept::Latest,
            episode: 0,
            copy: 0,
            seed: Seed::default(),
            actions: Actions::Discrete(vec![3, 1]),
            episodic_return: -10.1,
            outcome: 2,
        };
        let table = csv_of_steps(&spec, &recorded).unwrap();
        let rows: Vec<_> = table.lines().collect();
        assert_eq!(rows.len(), 4);
        assert!(rows[0].starts_with("step,action,reward,return,state,terminated,truncated,"), "{}", rows[0]);
        assert!(rows[1].starts_with("0,,0,0,0,false,false,"), "{}", rows[1]);
        assert!(rows[2].starts_with("1,right,-0.1,-0.1,1,false,false,"), "{}", rows[2]);
        assert!(rows[3].starts_with("2,down,-10,-10.1,6,true,false,"), "{}", rows[3]);
        assert!(rows.iter().all(|row| row.split(',').count() == rows[0].split(',').count()));
    }
}
