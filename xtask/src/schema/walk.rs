//! Walks every kind of `k8s-openapi` and collects the JSON schemas of all types that they reach.
//!
//! The crate has no list of its kinds, so the list stands here, by module.

use k8s_openapi::{Resource, schemars::SchemaGenerator, schemars::generate::SchemaSettings};
use serde_json::{Map, Value};
use std::any::type_name;

/// A kind as the crate declares it.
pub(super) struct Kind {
    /// The name of its definition: `io.k8s.api.core.v1.Pod`.
    pub(super) definition: String,
    /// `apps`; empty for the core group.
    pub(super) group: &'static str,
    /// `v1`
    pub(super) version: &'static str,
    /// `Deployment`
    pub(super) kind: &'static str,
    /// Its objects live in namespaces.
    pub(super) namespaced: bool,
}

/// What the walk found.
pub(super) struct Walked {
    /// Schemas by definition.
    pub(super) definitions: Map<String, Value>,
    /// The kinds, in the order of the list.
    pub(super) kinds: Vec<Kind>,
}

/// Adds one kind and all that it reaches.
fn visit<T>(generator: &mut SchemaGenerator, kinds: &mut Vec<Kind>)
where
    T: Resource + k8s_openapi::schemars::JsonSchema,
    T::Scope: 'static,
{
    generator.subschema_for::<T>();
    let scope = type_name::<T::Scope>();
    kinds.push(Kind {
        definition: T::schema_name().into_owned(),
        group: T::GROUP,
        version: T::VERSION,
        kind: T::KIND,
        // A subresource (`Eviction`, `Scale`, `TokenRequest`) has the namespace of its object.
        namespaced: !scope.ends_with("ClusterResourceScope"),
    });
}

/// Makes the walk from the list of kinds, module by module.
macro_rules! kinds {
    ($($($module:ident)::+ { $($kind:ident)+ })+) => {
        /// Walks the list.
        pub(super) fn walk() -> Walked {
            let mut generator = SchemaSettings::draft2020_12().into_generator();
            let mut kinds = Vec::new();
            $({
                use k8s_openapi::$($module)::+::*;
                $(visit::<$kind>(&mut generator, &mut kinds);)+
            })+
            Walked { definitions: generator.definitions().clone(), kinds }
        }
    };
}

kinds! {
    api::admissionregistration::v1 {
        MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
        ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
    }
    api::admissionregistration::v1alpha1 { MutatingAdmissionPolicy MutatingAdmissionPolicyBinding }
    api::admissionregistration::v1beta1 { MutatingAdmissionPolicy MutatingAdmissionPolicyBinding }
    api::apiserverinternal::v1alpha1 { StorageVersion }
    api::apps::v1 { ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet }
    api::authentication::v1 { SelfSubjectReview TokenRequest TokenReview }
    api::authorization::v1 {
        LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
    }
    api::autoscaling::v1 { HorizontalPodAutoscaler Scale }
    api::autoscaling::v2 { HorizontalPodAutoscaler }
    api::batch::v1 { CronJob Job }
    api::certificates::v1 { CertificateSigningRequest ClusterTrustBundle PodCertificateRequest }
    api::certificates::v1beta1 { ClusterTrustBundle PodCertificateRequest }
    api::coordination::v1 { Lease }
    api::coordination::v1alpha2 { LeaseCandidate }
    api::coordination::v1beta1 { LeaseCandidate }
    api::core::v1 {
        Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume
        PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service
        ServiceAccount
    }
    api::discovery::v1 { EndpointSlice }
    api::events::v1 { Event }
    api::flowcontrol::v1 { FlowSchema PriorityLevelConfiguration }
    api::lifecycle::v1alpha1 { Eviction EvictionRequest }
    api::networking::v1 { IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR }
    api::node::v1 { RuntimeClass }
    api::policy::v1 { Eviction PodDisruptionBudget }
    api::rbac::v1 { ClusterRole ClusterRoleBinding Role RoleBinding }
    api::resource::v1 { DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice }
    api::resource::v1alpha3 { DeviceTaintRule ResourcePoolStatusRequest }
    api::resource::v1beta1 { DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice }
    api::resource::v1beta2 { DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice }
    api::scheduling::v1 { PriorityClass }
    api::scheduling::v1alpha3 { CompositePodGroup PodGroup Workload }
    api::scheduling::v1beta1 { PodGroup Workload }
    api::storage::v1 { CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass }
    api::storagemigration::v1 { StorageVersionMigration }
    api::storagemigration::v1beta1 { StorageVersionMigration }
    apiextensions_apiserver::pkg::apis::apiextensions::v1 { CustomResourceDefinition }
    kube_aggregator::pkg::apis::apiregistration::v1 { APIService }
}
