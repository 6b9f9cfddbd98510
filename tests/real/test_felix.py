"""The main job: a labelled container appears in Consul, DNS, keys and the command."""

import json

from real.world import HOST, Registrator, World, eventually, felix_labels, id_of

FELIX = felix_labels(
    "api", health="/health", health_interval="1s", url_postfix="/docs", category="Microservice"
) | felix_labels("ui", port=3000, category="Microservice-UI", description="FELIX UI")


def test_the_felix_container_becomes_two_healthy_services(
    world: World, registrator: Registrator
) -> None:
    """Both services are registered where Docker published them, and their checks pass."""
    container = world.run(FELIX)
    api, ui = id_of(container), id_of(container, "ui")
    eventually(world.service_ids, {api, ui})
    eventually(lambda: (world.status(api), world.status(ui)), ("passing", "passing"))
    container.reload()
    port = int(container.ports["8000/tcp"][0]["HostPort"])
    service = world.services()[api]
    assert (service["Address"], service["Port"]) == (HOST, port)
    assert service["Tags"] == ["demi", "microservice"]
    assert service["Meta"] == {
        "demi_site": "sr1_lls",
        "demi_stack": "felix",
        "demi_service": "api",
        "demi_owner": "pc7",
        "demi_container": container.id[:12],
        "demi_url": f"http://{HOST}:{port}",
        "demi_swagger_url": f"http://{HOST}:{port}/docs",
        "demi_category": "Microservice",
    }
    check = world.get("/v1/agent/checks")[f"service:{api}"]
    assert check["Type"] == "http"
    assert "200 OK" in check["Output"]


def test_the_keys_of_a_service_are_held_by_the_registrators_session(
    world: World, registrator: Registrator
) -> None:
    """Every label and everything derived is below demi/SITE/STACK/SERVICE/, under one lock."""
    container = world.run(FELIX)
    eventually(lambda: len(world.tree("demi/sr1_lls/felix/ui/")), 10)
    container.reload()
    port = container.ports["3000/tcp"][0]["HostPort"]
    assert world.tree("demi/sr1_lls/felix/ui/") == {
        "demi/sr1_lls/felix/ui/category": "Microservice-UI",
        "demi/sr1_lls/felix/ui/container": container.id[:12],
        "demi/sr1_lls/felix/ui/description": "FELIX UI",
        "demi/sr1_lls/felix/ui/host": HOST,
        "demi/sr1_lls/felix/ui/hostport": port,
        "demi/sr1_lls/felix/ui/image": "demi-example-felix",
        "demi/sr1_lls/felix/ui/owner": "pc7",
        "demi/sr1_lls/felix/ui/port": "3000",
        "demi/sr1_lls/felix/ui/protocol": "http",
        "demi/sr1_lls/felix/ui/url": f"http://{HOST}:{port}",
    }
    [session] = world.get("/v1/session/list")
    assert (session["Name"], session["Behavior"]) == ("demi-registrator/pc7", "delete")
    assert (session["LockDelay"], session["TTL"]) == (0, "")
    held = {key["Session"] for key in world.get("/v1/kv/demi/?recurse")}
    assert held == {session["ID"]}


def test_dns_answers_by_consul_name_and_by_the_query_template(
    world: World, registrator: Registrator
) -> None:
    """A and SRV of …service.consul, and SERVICE.STACK.SITE.query.consul, lead to the port."""
    container = world.run(FELIX)
    eventually(lambda: world.status(id_of(container)), "passing")
    container.reload()
    port = container.ports["8000/tcp"][0]["HostPort"]
    eventually(lambda: world.dig("sr1-lls-felix-api.service.consul"), [HOST])
    eventually(lambda: world.dig("api.felix.sr1-lls.query.consul"), [HOST])
    for name in ("sr1-lls-felix-api.service.consul", "api.felix.sr1-lls.query.consul"):
        [answer] = world.dig(name, "SRV")
        assert answer.split()[2] == port
    assert world.dig("nobody.felix.sr1-lls.query.consul") == []


def test_the_command_lists_explains_and_plans_the_same_services(
    world: World, registrator: Registrator
) -> None:
    """`demi ls`, `url`, `explain` and `plan` agree with what is registered."""
    container = world.run(FELIX, name="felix-of-the-command")
    world.demi("wait", "sr1_lls/felix/api")  # the catalog hears of it after the agent
    container.reload()
    url = f"http://{HOST}:{container.ports['8000/tcp'][0]['HostPort']}"
    listed = json.loads(world.demi("ls", "-o", "json").stdout)
    assert [(i["service"], i["id"]) for i in listed] == [
        ("api", id_of(container)),
        ("ui", id_of(container, "ui")),
    ]
    assert world.demi("url", "sr1_lls/felix/api").stdout == f"{url}\n"
    explained = world.demi("explain", "felix-of-the-command", "-o", "json")
    assert explained.returncode == 0
    api = json.loads(explained.stdout)["services"][0]
    assert api["kv"] == world.tree("demi/sr1_lls/felix/api/")
    assert api["meta"] == world.services()[id_of(container)]["Meta"]
    assert world.demi("plan").returncode == 0


def test_plan_shows_the_work_without_doing_it(world: World) -> None:
    """Without a registrator `demi plan` exits 1, names each change, and changes nothing."""
    container = world.run(FELIX)
    plan = world.demi("plan", "-o", "json")
    assert plan.returncode == 1
    steps = json.loads(plan.stdout)["steps"]
    assert [s["what"] for s in steps if s["action"] == "register"] == [
        id_of(container),
        id_of(container, "ui"),
    ]
    assert world.service_ids() == set()
    assert world.tree("") == {}
    assert world.get("/v1/session/list") == []
