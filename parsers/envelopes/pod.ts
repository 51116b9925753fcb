/** Names as OpenTelemetry has them. https://opentelemetry.io/docs/specs/semconv/resource/k8s/ */
export type Pod = Readonly<Record<string, string | number>>;

/**
 * Whose log a file is, as its path says it: no API server is asked. What the kubelet lays out is
 * `pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`, and rotated files beside it; the links of old are
 * `containers/POD_NAMESPACE_CONTAINER-ID.log`. No name of Kubernetes has an underscore. Undefined: another path.
 */
export function podOf(path: string): Pod | undefined {
  return ofPods(path) ?? ofContainers(path);
}

const PODS = /(?:^|\/)pods\/([^/_]+)_([^/_]+)_([^/_]+)\/([^/]+)\/(\d{1,9})\.log[^/]*$/;
const CONTAINERS = /(?:^|\/)containers\/([^/_]+)_([^/_]+)_([^/_]+)-[0-9a-f]+\.log$/;

function ofPods(path: string): Pod | undefined {
  const [, namespace, pod, uid, container, restarts] = PODS.exec(path) ?? [];
  if (namespace === undefined || pod === undefined || uid === undefined || container === undefined) return undefined;
  return { 'k8s.namespace.name': namespace, 'k8s.pod.name': pod, 'k8s.pod.uid': uid, 'k8s.container.name': container, 'k8s.container.restart_count': Number(restarts) };
}

function ofContainers(path: string): Pod | undefined {
  const [, pod, namespace, container] = CONTAINERS.exec(path) ?? [];
  if (namespace === undefined || pod === undefined || container === undefined) return undefined;
  return { 'k8s.namespace.name': namespace, 'k8s.pod.name': pod, 'k8s.container.name': container };
}
