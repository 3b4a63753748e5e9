//! The engine of a Rust host at work: one decision path for everything that is handed over.

use crate::error::Error;
use crate::input::Input;
use plimsoll_engine::decision::{Decision, DecisionError};
use plimsoll_engine::document::{self, Document, InputError};
use plimsoll_engine::engine as inner;
use plimsoll_engine::inventory::{self, Identity, Origin};
use std::sync::Arc;

/// Policies with all that they are told. `Send + Sync`, cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    engines: Arc<[inner::Engine]>,
}

impl Engine {
    /// An engine of the engines of several bundles.
    pub(crate) fn of(engines: Vec<inner::Engine>) -> Engine {
        Engine { engines: engines.into() }
    }

    /// An engine in the making.
    #[must_use]
    pub fn builder() -> crate::builder::Builder {
        crate::builder::Builder::default()
    }

    /// A thread's scratch.
    #[must_use]
    pub fn evaluator(&self) -> Evaluator {
        Evaluator { evaluators: self.engines.iter().map(inner::Engine::evaluator).collect(), empty: self.inventory() }
    }

    /// An empty inventory.
    #[must_use]
    pub fn inventory(&self) -> Inventory {
        Inventory {
            inventories: self.engines.iter().map(inner::Engine::inventory).collect(),
            engines: self.engines.clone(),
        }
    }

    /// The engines of the bundles, in their order.
    #[must_use]
    pub fn engines(&self) -> &[inner::Engine] {
        &self.engines
    }
}

/// The objects that policies may join with. Its copies share what they hold until one is changed.
#[derive(Clone, Debug)]
pub struct Inventory {
    engines: Arc<[inner::Engine]>,
    inventories: Vec<inventory::Inventory>,
}

impl Inventory {
    /// Adds the objects of an input in the place of those of the same identities.
    ///
    /// # Errors
    /// If it cannot be read, or has something that is no object; nothing is added then.
    pub fn insert(&mut self, input: &Input<'_>) -> Result<(), Error> {
        let documents = self.read(input)?;
        for (inventory, documents) in self.inventories.iter_mut().zip(documents) {
            for document in documents {
                inventory.replace(document, Origin::Cluster);
            }
        }
        Ok(())
    }

    /// Takes out every object of an identity; true if there was one.
    pub fn remove(&mut self, identity: &Identity) -> bool {
        let mut found = false;
        for inventory in &mut self.inventories {
            found |= inventory.remove(identity);
        }
        found
    }

    /// Takes out everything and puts in other objects.
    ///
    /// # Errors
    /// If one cannot be read; everything stays as it is then.
    pub fn replace_all<'i>(&mut self, inputs: impl IntoIterator<Item = Input<'i>>) -> Result<(), Error> {
        let mut all: Vec<Vec<Arc<Document>>> = vec![Vec::new(); self.inventories.len()];
        for input in inputs {
            for (all, documents) in all.iter_mut().zip(self.read(&input)?) {
                all.extend(documents);
            }
        }
        for (inventory, documents) in self.inventories.iter_mut().zip(all) {
            inventory.replace_all(documents, Origin::Cluster);
        }
        Ok(())
    }

    /// Says that every object of every kind is in.
    pub fn set_all_complete(&mut self) {
        self.inventories.iter_mut().for_each(inventory::Inventory::set_all_complete);
    }

    /// Says that every object of a kind is in.
    pub fn set_complete(&mut self, kind: &plimsoll_engine::program::KindMatch) {
        self.inventories.iter_mut().for_each(|inventory| inventory.set_complete(kind.clone()));
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inventories.first().map_or(0, inventory::Inventory::len)
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self, input: &Input<'_>) -> Result<Vec<Vec<Arc<Document>>>, Error> {
        let of = |engine: &inner::Engine| {
            let (documents, errors) = input.read(&engine.symbols());
            if let Some(error) = errors.into_iter().next() {
                return Err(Error::Input(Box::new(error)));
            }
            for document in &documents {
                let (_, errors) = document::subjects(document)?;
                if let Some(error) = errors.into_iter().next() {
                    return Err(Error::Input(Box::new(error)));
                }
            }
            Ok(documents)
        };
        self.engines.iter().map(of).collect()
    }
}

/// A thread's scratch.
#[derive(Debug)]
pub struct Evaluator {
    evaluators: Vec<inner::Evaluator>,
    empty: Inventory,
}

/// What came of an input.
struct Outcome {
    decision: Decision,
    /// What could not be read.
    unread: Vec<InputError>,
    /// Some of it could be.
    read: bool,
    /// Something was there to be judged, or to be refused.
    judged: bool,
}

impl Evaluator {
    /// Judges an input, whatever it is: objects, or an admission request. It never fails: an input that is refused gives a
    /// decision that does not allow, with the reason among its errors. All faces of Plimsoll say what this says.
    pub fn decide(&mut self, input: &Input<'_>) -> Decision {
        let inventory = self.empty.clone();
        self.decide_in(&inventory, input)
    }

    /// [`Evaluator::decide`] beside what an inventory of the same engine has.
    pub fn decide_in(&mut self, inventory: &Inventory, input: &Input<'_>) -> Decision {
        let outcome = self.run(inventory, input);
        if outcome.judged || !outcome.unread.is_empty() {
            return outcome.decision;
        }
        let error = Error::NoObject(input.name().to_owned());
        Decision::refused(vec![error.to_decision_error(input.name())])
    }

    /// Judges the objects of an input by themselves. An admission request is judged as such.
    ///
    /// # Errors
    /// If nothing of it can be read. What is read in part gives a decision that does not allow.
    pub fn evaluate(&mut self, input: &Input<'_>) -> Result<Decision, Error> {
        let inventory = self.empty.clone();
        self.evaluate_in(&inventory, input)
    }

    /// Judges the objects of an input as if they were made beside what an inventory of the same engine has.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn evaluate_in(&mut self, inventory: &Inventory, input: &Input<'_>) -> Result<Decision, Error> {
        let outcome = self.run(inventory, input);
        match outcome.unread.into_iter().next() {
            Some(error) if !outcome.read => Err(Error::Input(Box::new(error))),
            None if !outcome.judged => Err(Error::NoObject(input.name().to_owned())),
            _ => Ok(outcome.decision),
        }
    }

    /// Judges an `AdmissionReview` or a bare admission request.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub fn review(&mut self, input: &Input<'_>) -> Result<Decision, Error> {
        let inventory = self.empty.clone();
        self.review_in(&inventory, input)
    }

    /// The same beside what an inventory has.
    ///
    /// # Errors
    /// As [`Evaluator::review`].
    pub fn review_in(&mut self, inventory: &Inventory, input: &Input<'_>) -> Result<Decision, Error> {
        let symbols = self.evaluators.first().map(|e| e.engine().symbols()).unwrap_or_default();
        let (documents, _) = input.read(&symbols);
        let is_request = documents.iter().all(|d| document::admission(d).is_some());
        if is_request && !documents.is_empty() {
            self.evaluate_in(inventory, input)
        } else {
            Err(Error::NoRequest(input.name().to_owned()))
        }
    }

    /// Judges what the policies on the cluster look at: an inventory as a whole.
    pub fn evaluate_cluster(&mut self, inventory: &Inventory) -> Decision {
        let mut all = Decision::empty();
        for (evaluator, inventory) in self.evaluators.iter_mut().zip(&inventory.inventories) {
            all.join(evaluator.evaluate_cluster(inventory));
        }
        all.sort();
        all
    }

    /// The one way from an input to a decision.
    fn run(&mut self, inventory: &Inventory, input: &Input<'_>) -> Outcome {
        let mut out = Outcome { decision: Decision::empty(), unread: Vec::new(), read: false, judged: false };
        let several = self.evaluators.len() > 1;
        let mut review = None;
        for (evaluator, inventory) in self.evaluators.iter_mut().zip(&inventory.inventories) {
            let (documents, errors) = input.read(&evaluator.engine().symbols());
            for document in &documents {
                out.read = true;
                let decisions = match evaluator.review(inventory, document) {
                    Some(decision) => {
                        review = Some(document.clone());
                        vec![decision]
                    }
                    None => evaluator.evaluate_document(inventory, document),
                };
                out.judged |= !decisions.is_empty();
                decisions.into_iter().for_each(|decision| out.decision.join(decision));
            }
            if !errors.is_empty() {
                out.decision.join(Decision::refused(errors.iter().map(DecisionError::from).collect()));
                out.unread = errors;
            }
        }
        out.decision.sort();
        // Fixes of several bundles may meet in one place.
        if let Some(document) = review.filter(|_| several) {
            out.decision.patch = inner::review_patch(&document, &out.decision);
        }
        out
    }
}

#[cfg(all(test, feature = "compile"))]
mod tests {
    use super::*;
    use crate::builder::Builder;
    use serde_json::json;

    const POLICY: &str = r#"module p
        /// Pods do not share the node's network.
        policy host_network {
            id = "T-1" severity = high
            param names: set<string> = {}
            on Pod as pod
            if pod.metadata.name not in names
            deny "no" if pod.spec?.hostNetwork == true at pod.spec?.hostNetwork
        }"#;

    fn pod(name: &str) -> serde_json::Value {
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name }, "spec": { "hostNetwork": true, "containers": [] } })
    }

    fn engine() -> Builder {
        Engine::builder().sources("t", [("p.plim", POLICY)])
    }

    #[test]
    fn a_value_and_a_text_are_judged_alike() {
        let engine = engine().param("T-1.names", json!(["b"])).build().unwrap();
        let mut evaluator = engine.evaluator();
        let value = pod("a");
        let text = value.to_string();
        for input in
            [Input::value(&value), Input::json(text.as_bytes()), Input::yaml(text.as_bytes()), Input::object(&value)]
        {
            let decision = evaluator.evaluate(&input).unwrap();
            assert!(!decision.allowed);
            assert_eq!(decision.findings[0].pointer, "/spec/hostNetwork");
        }
        assert!(evaluator.evaluate(&Input::value(&pod("b"))).unwrap().allowed);
    }

    #[test]
    fn a_request_is_judged_as_one() {
        let engine = engine().admission().build().unwrap();
        let review = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "u", "operation": "CREATE", "kind": { "group": "", "version": "v1", "kind": "Pod" }, "object": pod("a") } });
        let decision = engine.evaluator().review(&Input::value(&review)).unwrap();
        assert_eq!(decision.findings[0].pointer, "/request/object/spec/hostNetwork");
        assert!(matches!(engine.evaluator().review(&Input::value(&pod("a"))), Err(Error::NoRequest(_))));
    }

    #[test]
    fn what_cannot_be_read_is_never_allowed() {
        let mut evaluator = engine().build().unwrap().evaluator();
        assert!(matches!(evaluator.evaluate(&Input::yaml(b"a: [")), Err(Error::Input(_))));
        assert!(matches!(evaluator.evaluate(&Input::yaml(b"# nothing\n")), Err(Error::NoObject(_))));
        let decision = evaluator.evaluate(&Input::yaml(b"apiVersion: v1\nkind: Pod\n---\na: [")).unwrap();
        assert!(!decision.allowed);
    }

    #[test]
    fn names_that_are_wrong_are_told() {
        let error = engine().only("host_netwrok").build().unwrap_err().to_string();
        assert!(error.contains("did you mean `host_network`?"), "{error}");
    }

    #[test]
    fn what_is_refused_is_a_decision_that_says_why() {
        let mut evaluator = engine().build().unwrap().evaluator();
        let cases: [(&[u8], &str, &str); 6] = [
            (b"a: [", "E0702", ""),
            (b"# nothing\n", "E0710", "there is no object in `t`"),
            (b"{}", "E0710", "the document is no Kubernetes object: it has no `kind`"),
            (b"[]", "E0710", "the document is no Kubernetes object: it is not a map"),
            (b"apiVersion: v1\nkind: List\nitems: []", "E0710", "there is no object in `t`"),
            (
                b"apiVersion: v1\nkind: Pod\n---\n- x\n",
                "E0710",
                "the document is no Kubernetes object: it is not a map",
            ),
        ];
        for (text, code, message) in cases {
            let decision = evaluator.decide(&Input::yaml(text).named("t"));
            assert!(!decision.allowed);
            let [error] = &decision.errors[..] else { panic!("{decision:?}") };
            assert_eq!((error.code.as_str(), error.file.as_deref()), (code, Some("t")));
            assert!(error.message.starts_with(message), "{}", error.message);
        }
    }

    #[test]
    fn the_order_of_keys_is_the_contract() {
        let mut evaluator = engine().now(0).build().unwrap().evaluator();
        let text =
            br#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostNetwork":true,"containers":[]}}"#;
        let json = evaluator.decide(&Input::json(text)).to_json();
        let keys = [
            "version",
            "allowed",
            "findings",
            "id",
            "policy",
            "bundle",
            "use",
            "title",
            "severity",
            "action",
            "message",
            "object",
            "apiVersion",
            "kind",
            "namespace",
            "name",
            "file",
            "document",
            "pointer",
            "start",
            "end",
            "related",
            "evidence",
            "fix",
            "refs",
            "fingerprint",
            "errors",
            "skipped",
            "suppressed",
            "patch",
            "notes",
        ];
        let mut rest = json.as_str();
        for key in keys {
            let at = rest.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key} in {json}"));
            rest = &rest[at..];
        }
    }

    #[test]
    fn a_compiled_bundle_behaves_as_its_folder() {
        let toml = r#"
            name = "mine"
            [params]
            "T-1.names" = ["b"]
            [policies.T-1]
            severity = "low"
            enforce = { scan = "warn" }
            [[use]]
            name = "again"
            policy = "T-1"
            params = { names = ["c"] }
            [[exception]]
            policies = "again"
            match = { name = "let-*" }
            reason = "known"
            until = "2027-01-31"
        "#;
        let files = [("p.plim", POLICY), ("plimsoll.toml", toml)];
        let sources = crate::load::of_texts("t", files).unwrap();
        let options = crate::compile::CompileOptions::default();
        let bundle = crate::compile::compile(crate::compile::check(sources, &options).unwrap(), &options).unwrap();
        let plb = plimsoll_engine::program::bundle::encode(bundle.program.program()).unwrap();
        let now = 1_767_225_600_000_000_000;
        let of_texts = Engine::builder().sources("t", files).now(now).build().unwrap();
        let of_plb = Engine::builder().compiled(plb).now(now).build().unwrap();
        let mut found = Vec::new();
        for name in ["a", "b", "c", "let-it"] {
            let (value, mut both) = (pod(name), [of_texts.evaluator(), of_plb.evaluator()]);
            let [one, other] = both.each_mut().map(|e| e.decide(&Input::value(&value)).to_json());
            assert_eq!(one, other);
            found.push(one.matches("\"id\":\"T-1\"").count());
            assert!(one.contains("\"bundle\":\"mine\"") && one.contains("\"severity\":\"low\""), "{one}");
            assert_eq!(one.contains("\"by\":\"exception\""), name == "let-it");
        }
        assert_eq!(found, [2, 1, 1, 2]);
    }

    #[test]
    fn two_bundles_are_one_decision() {
        let second = POLICY.replace("T-1", "T-2").replace("module p", "module q");
        let engine = engine().sources("u", [("q.plim", second.as_str())]).build().unwrap();
        let mut evaluator = engine.evaluator();
        let decision = evaluator.decide(&Input::value(&pod("a")));
        assert_eq!(decision.findings.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["T-1", "T-2"]);
        assert_eq!(evaluator.decide(&Input::yaml(b"a: [")).errors.len(), 1);
    }
}
