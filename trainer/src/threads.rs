//! Threads that share the work of one run. What comes of it is the same, however many there are.

use environments::vector::{Executor, ExecutorTask};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::Arc;

/// A step of fewer copies than this is over before another thread has heard of it.
const FEWEST_COPIES: usize = 128;

/// Some threads.
#[derive(Debug)]
pub struct Threads {
    pool: ThreadPool,
}

impl Threads {
    /// So many; none where one thread does all by itself.
    pub fn some(count: usize) -> Result<Option<Arc<dyn Executor>>, rayon::ThreadPoolBuildError> {
        if count < 2 {
            return Ok(None);
        }
        let pool =
            ThreadPoolBuilder::new().num_threads(count).thread_name(|index| format!("worker {index}")).build()?;
        Ok(Some(Arc::new(Self { pool })))
    }
}

impl Executor for Threads {
    fn pieces(&self, copies: usize) -> usize {
        if copies < FEWEST_COPIES { 1 } else { self.pool.current_num_threads() }
    }

    fn run(&self, tasks: Vec<ExecutorTask<'_>>) {
        self.pool.in_place_scope(|scope| {
            let mut tasks = tasks.into_iter();
            let here = tasks.next();
            for mut task in tasks {
                scope.spawn(move |_| task());
            }
            // The thread that hands work out does its share.
            if let Some(mut task) = here {
                task();
            }
        });
    }
}
