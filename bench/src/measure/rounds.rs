//! Interleaved rounds: how a ratio is taken.
//!
//! A shared machine drifts: its clock rate, its neighbours and its caches change from one second to the
//! next, by more than the differences we look for. So no number is ever compared with a number from another
//! run. Every round measures every contender once, in a new random order; a contender's ratio is the median,
//! over the rounds, of its value divided by the reference's value *of the same round*. What disturbs one
//! round disturbs a pair, not a result.

use std::io::IsTerminal;

use crate::{Result, interrupt, measure::neighbours::Neighbours, settings::Settings};

type Measure<'a, const M: usize> = Box<dyn FnMut() -> Result<[f64; M]> + 'a>;

/// One competitor and the way to measure it once. `M` metrics come out of a measurement.
pub struct Contender<'a, const M: usize> {
    name: String,
    measure: Measure<'a, M>,
}

impl<'a, const M: usize> Contender<'a, M> {
    pub fn new(name: impl Into<String>, measure: impl FnMut() -> Result<[f64; M]> + 'a) -> Self {
        Self { name: name.into(), measure: Box::new(measure) }
    }
}

/// What one contender did, round by round. A contender that failed once is excluded, with the reason.
pub struct Outcome<const M: usize> {
    pub name: String,
    pub failure: Option<String>,
    rounds: Vec<[f64; M]>,
}

/// The outcomes of one case; the first contender is the reference, ratio 1.00.
pub struct Outcomes<const M: usize> {
    contenders: Vec<Outcome<M>>,
    disturbance: Option<String>,
}

/// A median ratio and the quartiles it lies between.
#[derive(Clone, Copy)]
pub struct Ratio {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

/// Measures all contenders in shuffled rounds. The first is the reference and always runs.
pub fn interleave<const M: usize>(
    case: &str,
    settings: &Settings,
    contenders: Vec<Contender<'_, M>>,
) -> Result<Outcomes<M>> {
    let mut contenders: Vec<_> = contenders
        .into_iter()
        .enumerate()
        .filter(|(place, contender)| *place == 0 || settings.wants_contender(&contender.name))
        .map(|(_, contender)| contender)
        .collect();
    let mut outcomes: Vec<_> = contenders
        .iter()
        .map(|contender| Outcome { name: contender.name.clone(), failure: None, rounds: Vec::new() })
        .collect();
    let neighbours = Neighbours::watch()?;
    let progress = std::io::stderr().is_terminal();
    let mut order: Vec<usize> = (0..contenders.len()).collect();

    for round in 1..=settings.rounds {
        fastrand::shuffle(&mut order);
        for &index in &order {
            if outcomes[index].failure.is_some() {
                continue;
            }
            if progress {
                eprint!("\r\x1b[K{case}: round {round}/{}: {}", settings.rounds, contenders[index].name);
            }
            let measured = (contenders[index].measure)();
            interrupt::check()?;
            match measured {
                Ok(metrics) => outcomes[index].rounds.push(metrics),
                Err(error) if index == 0 => {
                    return Err(format!("{case}: the reference, {}: {error}", outcomes[0].name).into());
                }
                Err(error) => {
                    outcomes[index].failure = Some(error.to_string());
                }
            }
        }
    }
    if progress {
        eprint!("\r\x1b[K");
    }
    Ok(Outcomes { contenders: outcomes, disturbance: neighbours.note()? })
}

impl<const M: usize> Outcomes<M> {
    /// The contenders that finished, in the order they were listed.
    pub fn finished(&self) -> impl Iterator<Item = &Outcome<M>> {
        self.contenders.iter().filter(|outcome| outcome.failure.is_none())
    }

    /// Whom the table lacks and why, and what disturbed the measurement.
    pub fn notes(&self) -> impl Iterator<Item = String> + '_ {
        self.contenders
            .iter()
            .filter_map(|outcome| outcome.failure.as_ref().map(|failure| format!("{}: {failure}", outcome.name)))
            .chain(self.disturbance.clone())
    }

    /// Whether every contender could be measured.
    pub fn all_finished(&self) -> bool {
        self.contenders.iter().all(|outcome| outcome.failure.is_none())
    }

    /// `outcome`'s metric divided by the reference's, paired round by round.
    pub fn ratio(&self, outcome: &Outcome<M>, metric: usize) -> Ratio {
        let reference = &self.contenders[0];
        let ratios =
            outcome.rounds.iter().zip(&reference.rounds).map(|(own, reference)| own[metric] / reference[metric]);
        let sorted = sorted(ratios);
        Ratio { median: quantile(&sorted, 0.5), low: quantile(&sorted, 0.25), high: quantile(&sorted, 0.75) }
    }
}

impl<const M: usize> Outcome<M> {
    /// The median of one metric over the rounds.
    pub fn median(&self, metric: usize) -> f64 {
        quantile(&sorted(self.rounds.iter().map(|metrics| metrics[metric])), 0.5)
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Linear interpolation between the two nearest ranks.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let rank = at * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    low + (high - low) * rank.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_pairs_values_of_the_same_round() {
        // The second round ran on a machine ten times slower: a ratio of medians
        // would say 1.10, the pairs say 2.
        let contenders = vec![
            Outcome { name: "reference".into(), failure: None, rounds: vec![[1.0], [10.0], [1.0]] },
            Outcome { name: "other".into(), failure: None, rounds: vec![[2.0], [20.0], [2.2]] },
        ];
        let outcomes = Outcomes { contenders, disturbance: None };
        assert_eq!(outcomes.ratio(&outcomes.contenders[1], 0).median, 2.0);
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.5), 3.0);
        assert_eq!(quantile(&[1.0], 0.75), 1.0);
    }
}
