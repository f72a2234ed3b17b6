//! How an observation, a row of numbers, becomes the tensor that a file takes.

/// The tensor of `entries` numbers that fits what a file says of its input: lengths that it leaves open are none here. None
/// where no such tensor has as many.
pub(crate) fn of_input(said: Option<&[Option<usize>]>, entries: usize) -> Option<Vec<usize>> {
    let Some(said) = said.filter(|it| !it.is_empty()) else { return Some(vec![1, entries]) };
    let fixed = |lengths: &[Option<usize>]| lengths.iter().flatten().product::<usize>();
    let is_open = |lengths: &[Option<usize>]| lengths.iter().filter(|it| it.is_none()).count();
    if is_open(said) == 0 && fixed(said) == entries {
        return Some(said.iter().flatten().copied().collect());
    }
    // The first length is that of the batch, except where it is the only one.
    let (batch, row) = if said.len() == 1 { (None, said) } else { (Some(said[0]), &said[1..]) };
    if batch.flatten().is_some_and(|it| it != 1) {
        return None;
    }
    let open = match (is_open(row), fixed(row)) {
        (0, length) => (length == entries).then_some(0),
        (1, 0) | (2.., _) => None,
        (_, length) => entries.is_multiple_of(length).then_some(entries / length),
    }?;
    Some(batch.map(|_| 1).into_iter().chain(row.iter().map(|it| it.unwrap_or(open))).collect())
}

/// How many numbers of an observation a file takes, where it says.
pub(crate) fn taken(said: &[Option<usize>]) -> Option<usize> {
    let row = if said.len() > 1 { &said[1..] } else { said };
    row.iter().copied().product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_takes_the_shape_that_a_file_says() {
        let shape = |said: &[Option<usize>]| of_input(Some(said), 6);
        assert_eq!(of_input(None, 6), Some(vec![1, 6]));
        assert_eq!(shape(&[None, Some(6)]), Some(vec![1, 6]));
        assert_eq!(shape(&[Some(1), Some(6)]), Some(vec![1, 6]));
        assert_eq!(shape(&[None, None]), Some(vec![1, 6]));
        assert_eq!(shape(&[Some(6)]), Some(vec![6]));
        assert_eq!(shape(&[None]), Some(vec![6]));
        assert_eq!(shape(&[None, Some(2), Some(3)]), Some(vec![1, 2, 3]));
        assert_eq!(shape(&[Some(2), Some(3)]), Some(vec![2, 3]));
        assert_eq!(shape(&[None, None, Some(3)]), Some(vec![1, 2, 3]));
    }

    #[test]
    fn other_shapes_are_refused() {
        for said in [
            &[None, Some(5)][..],
            &[Some(4), Some(6)],
            &[Some(5)],
            &[None, None, Some(4)],
            &[None, None, None],
            &[None, Some(0), None],
        ] {
            assert_eq!(of_input(Some(said), 6), None, "{said:?}");
        }
        assert_eq!(taken(&[None, Some(2), Some(3)]), Some(6));
        assert_eq!(taken(&[None, None]), None);
    }
}
