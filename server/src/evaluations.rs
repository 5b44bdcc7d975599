//! Stored evaluations, kept in memory: a page must not parse a file for every reader.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::error::Failure;
use domain::evaluation::{Evaluation, HowGood, JudgedModel};
use domain::market::Symbol;
use domain::model::Version;

use crate::forecasting::SERVED;
use crate::registry::{Registry, RegistryError, Stamp};

/// Reads evaluations of the registry once for each file that is written. Cheap to clone.
#[derive(Clone)]
pub struct Evaluations {
    registry: Registry,
    kept: Arc<Mutex<BTreeMap<Version, Kept>>>,
}

/// An evaluation, and what its file looked like when it was read.
struct Kept {
    stamp: Stamp,
    evaluation: Arc<Evaluation>,
}

impl Evaluations {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry, kept: Arc::default() }
    }

    /// What is stored for the version that serves, or for the champion while no model is loaded yet.
    ///
    /// # Errors
    /// [`Failure::NotEvaluated`], [`Failure::UnknownSymbol`] where the coin was not evaluated, [`Failure::Internal`]
    /// where the file cannot be read.
    pub async fn how_good(&self, serving: Option<Version>, symbol: Option<Symbol>) -> Result<HowGood, Failure> {
        let evaluations = self.clone();
        let evaluation = blocking(move || {
            let champion = match serving {
                Some(version) => Some(version),
                None => evaluations.registry.champion(SERVED)?,
            };
            champion.map_or(Ok(None), |version| evaluations.read(&version))
        })
        .await?
        .ok_or(Failure::NotEvaluated)?;
        let mut symbols = evaluation.symbols();
        symbols.sort_by_key(Symbol::place);
        match symbol {
            Some(symbol) if !symbols.contains(&symbol) => Err(Failure::unknown_symbol(symbol.as_str())),
            symbol => Ok(HowGood { evaluation: evaluation.about(symbol.as_ref()), symbols }),
        }
    }

    /// A model's card and what is stored about it.
    ///
    /// # Errors
    /// [`Failure::UnknownModel`], [`Failure::Internal`] where a file cannot be read.
    pub async fn card(&self, version: Version) -> Result<JudgedModel, Failure> {
        let evaluations = self.clone();
        blocking(move || {
            let card = evaluations.registry.card(&version)?;
            let evaluation = evaluations.read(&version)?.map(|evaluation| evaluation.without_reports());
            Ok(JudgedModel { card, evaluation })
        })
        .await
    }

    fn read(&self, version: &Version) -> Result<Option<Arc<Evaluation>>, RegistryError> {
        let Some(stamp) = self.registry.evaluation_stamp(version)? else { return Ok(None) };
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(version)
            && known.stamp == stamp
        {
            return Ok(Some(Arc::clone(&known.evaluation)));
        }
        let Some(evaluation) = self.registry.evaluation(version)?.map(Arc::new) else { return Ok(None) };
        kept().insert(version.clone(), Kept { stamp, evaluation: Arc::clone(&evaluation) });
        Ok(Some(evaluation))
    }
}

/// Does what touches the disk away from the web runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(RegistryError::Unknown(version))) => Err(Failure::unknown_model(version.as_str())),
        Ok(Err(cause)) => Err(crate::incident::report(&cause)),
        Err(cause) => Err(crate::incident::report(&cause)),
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::instant;
    use domain::model::Family;

    use super::*;

    fn evaluation(refit_days: u16) -> Evaluation {
        Evaluation {
            from: instant(0),
            to: instant(86_400),
            refit_days,
            made_at: instant(86_400),
            revision: "test".to_owned(),
            served: Family::Lstm,
            baseline: Family::HarCalendar,
            rows: Vec::new(),
            comparisons: Vec::new(),
            best: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// A registry with one model's folder in it.
    fn registry() -> (tempfile::TempDir, Registry, Version) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let version = Version::parse("lstm-20250701-1a2b3c4d").expect("a version");
        std::fs::create_dir_all(folder.path().join("trained").join(version.as_str())).expect("a folder");
        let registry = Registry::new(folder.path().join("shipped"), folder.path().join("trained"));
        (folder, registry, version)
    }

    #[tokio::test]
    async fn an_evaluation_is_read_once_and_again_when_another_is_written() {
        let (folder, registry, version) = registry();
        let evaluations = Evaluations::new(registry.clone());
        let asked = async || evaluations.how_good(Some(version.clone()), None).await;
        assert_eq!(asked().await, Err(Failure::NotEvaluated));

        registry.keep_evaluation(&version, &evaluation(30)).expect("kept");
        assert_eq!(asked().await.map(|good| good.evaluation.refit_days), Ok(30));
        let kept = evaluations.read(&version).expect("readable").expect("an evaluation");
        let again = evaluations.read(&version).expect("readable").expect("an evaluation");
        assert!(Arc::ptr_eq(&kept, &again), "the file was parsed twice");

        registry.keep_evaluation(&version, &evaluation(183)).expect("kept");
        assert_eq!(asked().await.map(|good| good.evaluation.refit_days), Ok(183));
        let names = std::fs::read_dir(folder.path().join("trained").join(version.as_str())).expect("a folder");
        assert_eq!(names.count(), 1, "no draft stays behind");
    }

    #[tokio::test]
    async fn what_is_not_an_evaluation_is_an_incident_and_what_is_not_there_is_said() {
        let (folder, registry, version) = registry();
        let evaluations = Evaluations::new(registry.clone());
        let file = folder.path().join("trained").join(version.as_str()).join("evaluation.json");
        for content in ["", "{}", "[]"] {
            std::fs::write(&file, content).expect("written");
            assert!(matches!(registry.evaluation(&version), Err(RegistryError::Evaluation { .. })), "{content}");
            let answer = evaluations.how_good(Some(version.clone()), None).await;
            assert!(matches!(answer, Err(Failure::Internal { .. })), "{content}: {answer:?}");
        }
        let mut json = serde_json::to_value(evaluation(30)).expect("JSON");
        json["surprise"] = serde_json::Value::from(1);
        std::fs::write(&file, json.to_string()).expect("written");
        assert!(matches!(registry.evaluation(&version), Err(RegistryError::Evaluation { .. })));

        registry.keep_evaluation(&version, &evaluation(30)).expect("kept");
        let coin = Symbol::parse("BTC").expect("a coin");
        assert_eq!(
            evaluations.how_good(Some(version), Some(coin)).await,
            Err(Failure::unknown_symbol("BTCUSDT")),
            "a coin that was not evaluated"
        );
        let unknown = Version::parse("lstm-20990101-00000000").expect("a version");
        assert_eq!(evaluations.card(unknown).await, Err(Failure::unknown_model("lstm-20990101-00000000")));
        assert_eq!(evaluations.how_good(None, None).await, Err(Failure::NotEvaluated), "nothing serves");
    }

    #[test]
    fn numbers_that_are_none_are_never_stored() {
        let (_folder, registry, version) = registry();
        let broken = Evaluation {
            comparisons: vec![domain::evaluation::Comparison {
                a: Family::Lstm,
                b: Family::Har,
                horizon: domain::forecast::Horizon::Day,
                difference: f64::NAN,
                statistic: 0.0,
                p: 1.0,
            }],
            ..evaluation(30)
        };
        assert!(registry.keep_evaluation(&version, &broken).is_err());
        assert_eq!(registry.evaluation(&version).expect("readable"), None);
    }
}
