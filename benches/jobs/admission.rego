package jobs

import rego.v1

all contains c if some c in input.spec.initContainers
all contains c if some c in input.spec.containers
all contains c if some c in input.spec.ephemeralContainers

volume_types := {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret", "name"}
capabilities := {"NET_BIND_SERVICE"}
seccomp := {"RuntimeDefault", "Localhost"}
sysctls := {"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"}

deny contains "host_network:" if input.spec.hostNetwork == true
deny contains "host_pid:" if input.spec.hostPID == true
deny contains "host_ipc:" if input.spec.hostIPC == true
deny contains concat(":", ["host_path", v.name]) if { some v in input.spec.volumes; v.hostPath }
deny contains concat(":", ["volume_type", v.name]) if { some v in input.spec.volumes; some m, _ in v; not m in volume_types }
deny contains concat(":", ["sysctl", s.name]) if { some s in input.spec.securityContext.sysctls; not s.name in sysctls }
deny contains "pod_root:" if input.spec.securityContext.runAsUser == 0
deny contains concat(":", ["privileged", c.name]) if { some c in all; c.securityContext.privileged == true }
deny contains concat(":", ["escalation", c.name]) if { some c in all; not unescalated(c) }
deny contains concat(":", ["non_root", c.name]) if { some c in all; not non_root(c) }
deny contains concat(":", ["root", c.name]) if { some c in all; c.securityContext.runAsUser == 0 }
deny contains concat(":", ["drop_all", c.name]) if { some c in all; not drops_all(c) }
deny contains concat(":", ["capability", c.name]) if { some c in all; some x in c.securityContext.capabilities.add; not x in capabilities }
deny contains concat(":", ["seccomp", c.name]) if { some c in all; not confined(c) }
deny contains concat(":", ["proc_mount", c.name]) if { some c in all; c.securityContext.procMount != "Default" }
deny contains concat(":", ["host_port", c.name]) if { some c in all; some p in c.ports; p.hostPort != 0 }
deny contains concat(":", ["registry", c.name]) if { some c in all; not startswith(object.get(c, "image", ""), "ghcr.io/acme/") }
deny contains concat(":", ["latest", c.name]) if { some c in all; endswith(object.get(c, "image", ""), ":latest") }
deny contains concat(":", ["memory_limit", c.name]) if { some c in all; not c.resources.limits.memory }

unescalated(c) if c.securityContext.allowPrivilegeEscalation == false

non_root(c) if c.securityContext.runAsNonRoot == true
non_root(c) if {
	not "runAsNonRoot" in object.keys(object.get(c, "securityContext", {}))
	input.spec.securityContext.runAsNonRoot == true
}

drops_all(c) if "ALL" in c.securityContext.capabilities.drop

confined(c) if c.securityContext.seccompProfile.type in seccomp
confined(c) if {
	not "seccompProfile" in object.keys(object.get(c, "securityContext", {}))
	input.spec.securityContext.seccompProfile.type in seccomp
}
